/**
 * Random faults of an event hub under load: two sources share its partitions while links are ended in every way the service
 * has, tokens run out or are refused, connections break or hang, and the service goes away. One seed gives one sequence of
 * faults. Every record must be stored, under one id, in the order of its partition.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Rig } from '../ingest/sources/event-hubs-rig.js';
import type { EventHubsPeer } from '../peers/event-hubs.js';
import { random } from '../scenarios/traffic.js';

export interface HubFaultsReport {
  faults: Record<string, number>;
  records: number;
  lost: string[];
  doubled: string[];
  /** Partitions whose last position was not kept. */
  endless: string[];
  fallen: string[];
}

type Chance = () => number;
type Fault = (peer: EventHubsPeer, chance: Chance) => void | Promise<void>;

const PARTITIONS = 4;
const EACH = 10;
/** What the service says where it ends a link. */
const CONDITIONS = [
  null,
  'amqp:link:detach-forced',
  'amqp:link:stolen',
  'amqp:link:redirect',
  'amqp:internal-error',
  'amqp:not-found',
  'amqp:resource-limit-exceeded',
  'amqp:transfer-limit-exceeded',
  'com.microsoft:server-busy',
  'com.microsoft:timeout',
  'com.microsoft:operation-cancelled',
] as const;
const oneOf = <T>(all: readonly T[], chance: Chance): T => all[Math.floor(chance() * all.length)] as T;
const partitionOf = (chance: Chance): number => Math.floor(chance() * PARTITIONS);

const FAULTS: Readonly<Record<string, Fault>> = {
  'link closed': (peer, chance) => peer.detach(partitionOf(chance), oneOf(CONDITIONS, chance)),
  'link detached': (peer, chance) => peer.detach(partitionOf(chance), oneOf(CONDITIONS, chance), 'detach'),
  'sessions ended': (peer) => peer.end('sessions', 'amqp:resource-limit-exceeded'),
  'connections ended': (peer) => peer.end('connections', 'amqp:connection:forced'),
  'connections broken': (peer) => peer.drop(),
  'connections hang': (peer) => peer.mute(),
  'tokens expire': (peer) => peer.expireTokens(),
  'tokens expire, new ones refused': (peer, chance) => {
    peer.refuseTokens(1 + Math.floor(chance() * 4), oneOf([401, 404, 500, 503], chance));
    peer.expireTokens();
  },
  'links refused': (peer, chance) => {
    peer.refuse(1 + Math.floor(chance() * 4), oneOf(CONDITIONS, chance) ?? 'amqp:internal-error');
    peer.detach(partitionOf(chance));
  },
  'service away': async (peer, chance) => {
    await peer.stop();
    await delay(chance() * 300);
    await peer.start();
  },
};
/** Also on a machine that does much else. */
const PATIENCE_MS = 120_000;

export async function searchHubFaults(
  count: number,
  seed: number,
  onFault?: (name: string, index: number) => void,
): Promise<HubFaultsReport> {
  const chance = random(seed);
  const report: HubFaultsReport = { faults: {}, records: 0, lost: [], doubled: [], endless: [], fallen: [] };
  const rig = await Rig.start({ partitions: PARTITIONS });
  let sent = 0;
  const send = (): void => {
    for (let partition = 0; partition < PARTITIONS; partition++) rig.send(partition, sent, EACH);
    sent += EACH;
  };
  try {
    await Promise.all([rig.source(), rig.source()]);
    const names = Object.keys(FAULTS);
    for (let happened = 0; happened < count; happened++) {
      send();
      // A fault meets what came before it half read, or read and not kept.
      await delay(chance() * 150);
      const name = oneOf(names, chance);
      report.faults[name] = (report.faults[name] ?? 0) + 1;
      onFault?.(name, happened);
      await FAULTS[name]?.(rig.peer, chance);
      if (chance() < 0.3) await rig.untilAll(sent, PARTITIONS, PATIENCE_MS);
    }
    rig.peer.refuseTokens(0, 401);
    rig.peer.refuse(0, '');
    send();
    await rig.untilAll(sent, PARTITIONS, PATIENCE_MS).catch(() => undefined);
    report.records = sent * PARTITIONS;
    const ids = new Map<string, Set<string>>();
    for (const event of await rig.stored()) {
      const text = event.kind === 'prompt' ? (event.text ?? '') : event.kind;
      ids.set(text, (ids.get(text) ?? new Set()).add(event.id));
    }
    for (let partition = 0; partition < PARTITIONS; partition++)
      for (let index = 0; index < sent; index++) {
        const known = ids.get(`p${partition}-${index}`);
        if (known === undefined) report.lost.push(`p${partition}-${index}`);
        else if (known.size > 1) report.doubled.push(`p${partition}-${index}: ${[...known].join(', ')}`);
      }
    const texts = await rig.texts();
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const numbers = texts
        .filter((text) => text.startsWith(`p${partition}-`))
        .map((text) => Number(text.slice(text.indexOf('-') + 1)));
      if (numbers.some((number, at) => at > 0 && number < (numbers[at - 1] ?? 0)))
        report.doubled.push(`the order of partition ${partition}`);
    }
    const kept = async (): Promise<number[]> =>
      (await rig.drivers.drivers.store.scan<{ sequenceNumber: number }>('ingest/eventhubs/'))
        .filter(({ key }) => key.includes('/position/'))
        .map(({ value }) => value.sequenceNumber);
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await delay(20))
      if ((await kept()).filter((position) => position === sent - 1).length === PARTITIONS) break;
    const positions = await kept();
    if (positions.length !== PARTITIONS || positions.some((position) => position !== sent - 1))
      report.endless.push(`positions ${positions.join(', ')}, not ${sent - 1}`);
    for (const source of rig.sources)
      if (source.facts().state !== 'reading') report.fallen.push(JSON.stringify(source.facts()));
    return report;
  } finally {
    await rig.end();
  }
}
