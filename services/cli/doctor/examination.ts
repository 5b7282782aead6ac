/** Everything the doctor looks at, in the order it is told. Engines only where the configuration chooses them. */
import { silentLog } from '../../runtime/log.js';
import type { CommandLine } from '../command-line.js';
import { tokenPath } from '../engine-client.js';
import { configurationCheck } from './configuration.js';
import { dataDirectoryCheck } from './data-directory.js';
import { diskCheck } from './disk.js';
import { engineChecks } from './engine.js';
import type { Check } from './finding.js';
import { nodeCheck } from './node.js';
import { playbooksCheck } from './playbooks.js';
import { tokenFileCheck } from './token-file.js';

export async function examine(cli: CommandLine): Promise<Check[]> {
  const configuration = configurationCheck(cli);
  if (configuration.status !== 'ok') return [nodeCheck(), configuration];
  const { config } = cli;
  const log = silentLog();
  // Side by side, since an engine that is away is waited for.
  const engines = await Promise.all([
    config.stream.driver === 'kafka' ? (await import('./kafka/examination.js')).kafkaChecks(config, log) : [],
    config.store.driver === 'redis' ? (await import('./redis/examination.js')).redisChecks(config, log) : [],
    config.ingest.sources.length > 0 ? (await import('./sources.js')).sourceChecks(config, log) : [],
    engineChecks(cli),
  ]);
  return [
    nodeCheck(),
    configuration,
    dataDirectoryCheck(config.dataDir),
    ...diskCheck(config.dataDir),
    ...tokenFileCheck(tokenPath(config)),
    playbooksCheck(config, cli.nowMs()),
    ...engines.flat(),
  ];
}
