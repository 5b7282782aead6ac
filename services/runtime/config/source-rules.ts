/** What must hold of `ingest.sources`: each has a name of its own, something to read, and a way to reach it. */
import type { Config } from './keys.js';
import type { Fault } from './reader.js';

export function sourceFaults(sources: Config['ingest']['sources']): Fault[] {
  const faults: Fault[] = [];
  const names = new Set<string>();
  sources.forEach((source, index) => {
    const refuse = (key: string, message: string, mend: string): void => {
      faults.push({ pointer: `/ingest/sources/${index}${key}`, part: 'value', message, mend });
    };
    if (names.has(source.name))
      refuse('', `two sources are named ${source.name}`, 'give each a `name` of its own; it names its position');
    names.add(source.name);
    if (source.type === 'kafka') {
      if (source.brokers.length === 0)
        refuse('/brokers', 'there is no Kafka to connect to', 'name a broker as host:port');
      if (source.topics.length === 0) refuse('/topics', 'there is nothing to read', 'name a topic');
      if (new Set(source.topics).size < source.topics.length)
        refuse('/topics', 'a topic stands there twice', 'name each once');
      return;
    }
    const ways = [source.connectionString, source.connectionStringFile, source.namespace].filter(
      (way) => way !== undefined,
    );
    if (ways.length !== 1)
      refuse(
        '',
        'an event hub is reached in one way',
        'set one of `connectionStringFile`, `connectionString`, or `namespace` with `hub`',
      );
    if (source.namespace !== undefined && source.hub === undefined)
      refuse('/namespace', 'a namespace has many event hubs', 'set `hub`');
  });
  return faults;
}
