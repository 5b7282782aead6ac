/** Telemetry from a file to an engine: into the store of one that does not run, or line by line to one that does. */
import type { DeadLetter } from '../../schemas/deadletter.js';
import { agentNames, createIntake, waitingShare } from '../ingest/service.js';
import { openInspector } from '../inspect/models/open-inspector.js';
import { type FileOptions, readFileSource } from '../ingest/sources/files.js';
import { WallClock } from '../runtime/clock.js';
import { openDrivers } from '../runtime/drivers.js';
import { silentLog } from '../runtime/log.js';
import type { CommandLine } from './command-line.js';
import { readToken } from './engine-client.js';
import type { EngineFile } from '../runtime/engine-file.js';
import { LineSender } from './line-sender.js';
import { rawLine, RawLines } from './raw-lines.js';

export interface Taken {
  file: string;
  lines: number;
  refused: number;
  /** The first reasons, with their places. */
  reasons: string[];
  to: 'running' | 'stopped';
}

const FIRST_REASONS = 5;

/** What a caller says of the reading. */
export type Reading = Pick<FileOptions, 'path' | 'stdin' | 'signal' | 'onProgress' | 'follow'>;

export async function intoStore(cli: CommandLine, file: string, reading: Reading): Promise<Taken> {
  const clock = new WallClock();
  const drivers = await openDrivers(cli.config, silentLog(), clock);
  const reasons: string[] = [];
  try {
    const { maxTextBytes, ...choice } = cli.config.detect.inspection;
    const keepText = cli.config.ingest.keepContent;
    const intake = createIntake(cli.config, await openInspector({ ...choice, maxChars: maxTextBytes, keepText }));
    const share = waitingShare(cli.config);
    const read = await readFileSource({
      ...reading,
      intake,
      store: drivers.store,
      now: () => clock.now(),
      append: async (records) => {
        for (const { topic, value } of records)
          if (topic === 'deadletter' && reasons.length < FIRST_REASONS) reasons.push(reasonOf(value));
        await drivers.stream.append(await share.spend((withinMs) => intake.readOn(records, withinMs)));
      },
    });
    return { file, lines: read.lines, refused: read.refused, reasons, to: 'stopped' };
  } finally {
    await drivers.close();
  }
}

export async function intoEngine(cli: CommandLine, file: string, engine: EngineFile, reading: Reading): Promise<Taken> {
  const sender = new LineSender({
    gatewayUrl: engine.gatewayUrl,
    otlpUrl: engine.otlpUrl,
    token: readToken(cli.config),
    otlpToken: cli.config.ingest.otlp.token,
  });
  const reasons: string[] = [];
  let refused = 0;
  const note = (count: number, reason: string | undefined): void => {
    refused += count;
    if (count > 0 && reasons.length < FIRST_REASONS) reasons.push(reason ?? 'refused');
  };
  const read = await readFileSource({
    ...reading,
    intake: new RawLines({ tenant: cli.config.tenant, agentNames: agentNames(cli.config) }),
    now: () => cli.nowMs(),
    append: async (records) => {
      for (const { topic, value } of records) {
        if (topic === 'telemetry') {
          const outcome = await sender.send(rawLine(value));
          note(outcome.refused, outcome.reason);
        } else if (topic === 'deadletter') note(1, reasonOf(value));
      }
    },
  });
  return { file, lines: read.lines, refused, reasons, to: 'running' };
}

/** Where, down to the item of a list, and why. */
function reasonOf({ source, reason }: DeadLetter): string {
  return `${source}${reason.pointer === undefined ? '' : ` at ${reason.pointer}`}: ${reason.text}`;
}
