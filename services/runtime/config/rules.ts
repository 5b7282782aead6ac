/** What must hold between keys: nothing is offered to a network without a token and without encryption. */
import { isIP } from 'node:net';
import type { Fault } from './reader.js';
import type { Config } from './keys.js';
import { sourceFaults } from './source-rules.js';

/** `localhost`, 127.0.0.0/8, ::1 and its IPv4-mapped form. Anything else, `0.0.0.0` included, can be reached from outside. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  const mapped = /^::ffff:(.+)$/.exec(bare)?.[1];
  const address = mapped ?? bare;
  return isIP(address) === 4 && address.startsWith('127.');
}

export function crossFaults(config: Config): Fault[] {
  const faults: Fault[] = [];
  const refuse = (pointer: string, message: string, mend: string): void => {
    faults.push({ pointer, part: 'value', message, mend });
  };
  const { otlp } = config.ingest;
  for (const [pointer, pair] of [
    ['/ingest/otlp/tls', otlp.tls],
    ['/gateway/tls', config.gateway.tls],
    ['/store/redis/tls', config.store.redis.tls],
  ] as const) {
    if ((pair.cert === undefined) !== (pair.key === undefined))
      refuse(pointer, 'a certificate needs its key and the other way round', 'set both `cert` and `key`');
  }
  if (!isLoopback(otlp.host)) {
    if (otlp.token === undefined)
      refuse(
        '/ingest/otlp/host',
        `\`ingest.otlp.host\` ${otlp.host} can be reached by others and needs a token`,
        'set `ingest.otlp.token` (or STEPDOWN_INGEST_OTLP_TOKEN), or listen on 127.0.0.1',
      );
    if (otlp.tls.cert === undefined)
      refuse(
        '/ingest/otlp/host',
        `\`ingest.otlp.host\` ${otlp.host} can be reached by others and needs TLS`,
        'set `ingest.otlp.tls.cert` and `.key`, or listen on 127.0.0.1 behind a proxy that does TLS',
      );
  }
  if (!isLoopback(config.gateway.host) && config.gateway.tls.cert === undefined) {
    refuse(
      '/gateway/host',
      `\`gateway.host\` ${config.gateway.host} can be reached by others and needs TLS`,
      'set `gateway.tls.cert` and `.key`, or listen on 127.0.0.1 behind a proxy that does TLS',
    );
  }
  const { entra } = config.gateway;
  if ((entra.tenantId === undefined) !== (entra.audience === undefined))
    refuse(
      '/gateway/entra',
      'Entra tokens are verified against a tenant and an audience',
      'set both `tenantId` and `audience`',
    );
  const { answers } = config.gateway;
  answers.forEach(({ name, secret, approvers }, at) => {
    const pointer = `/gateway/answers/${at}`;
    if (secret === undefined)
      refuse(pointer, `answers through ${name} cannot be believed without a secret`, 'set `secret`');
    if (approvers.length === 0) refuse(pointer, `nobody may answer through ${name}`, 'name people in `approvers`');
    if (answers.findIndex((other) => other.name === name) < at)
      refuse(`${pointer}/name`, `${name} is the name of another`, 'give each channel a name of its own');
  });
  const { judge, models } = config.detect.inspection;
  if (judge.url !== undefined) {
    if (judge.model === undefined)
      refuse('/detect/inspection/judge', 'a judge needs the name of its model', 'set `detect.inspection.judge.model`');
    if (models === 'none')
      refuse(
        '/detect/inspection/judge',
        'a judge is asked about what the models doubt, and there are none',
        'set `detect.inspection.models` to `fast` or `deep`',
      );
    const { protocol, hostname } = new URL(judge.url);
    if (protocol === 'http:' && !isLoopback(hostname))
      refuse(
        '/detect/inspection/judge/url',
        'what users and tools say would go to the judge in the clear',
        'use https, or a judge on this machine',
      );
    if (judge.fromPercent > judge.untilPercent || judge.untilPercent > 100)
      refuse(
        '/detect/inspection/judge/fromPercent',
        '`fromPercent` and `untilPercent` are probabilities, the first the lower one',
        'e.g. 10 and 95',
      );
  }
  if (config.traces.endpoint !== undefined) {
    const { hostname, port } = new URL(config.traces.endpoint);
    // Work on its own traces would make more of them, without end.
    if (otlp.enabled && isLoopback(hostname) && Number(port) === otlp.port)
      refuse(
        '/traces/endpoint',
        'the engine would receive its own traces as those of an agent',
        'name a Collector instead',
      );
  }
  const { redis } = config.store;
  if (redis.password !== undefined && redis.passwordFile !== undefined)
    refuse('/store/redis/password', '`password` and `passwordFile` are both set', 'keep one of them');
  if (config.schedule.driver === 'bullmq' && config.store.driver !== 'redis')
    refuse('/schedule/driver', '`bullmq` stands in the Redis of the store', 'set `store.driver: redis` too');
  const { kafka } = config.stream;
  if (config.clock === 'event' && config.stream.driver === 'kafka' && kafka.partitions > 1)
    refuse(
      '/stream/kafka/partitions',
      `\`clock: event\` needs one order of everything; ${kafka.partitions} partitions would each have a time of their own`,
      'set `stream.kafka.partitions: 1` for replays, or `clock: wall`',
    );
  const points = new Set<string>();
  config.enforce.points.forEach((point, index) => {
    const at = `/enforce/points/${index}`;
    if (points.has(point.name))
      refuse(
        at,
        `two enforcement points are named ${point.name}`,
        'give each a `name` of its own; it names its effects',
      );
    points.add(point.name);
    if (point.type !== 'webhook') return;
    const url = new URL(point.url);
    if (url.protocol !== 'https:' && !isLoopback(url.hostname))
      refuse(`${at}/url`, 'an enforcement point outside this machine must use https', 'write https://…');
    if (url.username !== '' || url.password !== '')
      refuse(`${at}/url`, 'an address must not carry a password', 'use `secret`; requests are signed with it');
    if (point.secret === undefined)
      refuse(
        at,
        'an enforcement point must be able to tell who asks: `secret` is missing',
        'set a `secret` that both know',
      );
    if (point.controls.length === 0) refuse(at, 'it carries nothing out', 'name at least one of its `controls`');
  });
  faults.push(...sourceFaults(config.ingest.sources));
  const names = new Set<string>();
  config.forward.sinks.forEach((sink, index) => {
    const name = sink.name;
    if (names.has(name))
      refuse(
        `/forward/sinks/${index}`,
        `two sinks are named ${name}`,
        'give each a `name` of its own; it names its queue',
      );
    names.add(name);
    if (sink.type === 'webhook') {
      const url = new URL(sink.url);
      if (url.protocol !== 'https:' && !isLoopback(url.hostname))
        refuse(`/forward/sinks/${index}/url`, 'a webhook outside this machine must use https', 'write https://…');
      if (url.username !== '' || url.password !== '')
        refuse(
          `/forward/sinks/${index}/url`,
          'an address must not carry a password',
          'use `secret`; requests are signed with it',
        );
    }
  });
  if (config.retention.contentMs > config.retention.telemetryMs)
    refuse(
      '/retention/content',
      'content cannot be kept longer than the telemetry it is part of',
      'raise `retention.telemetry` too',
    );
  return faults;
}
