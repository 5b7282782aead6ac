/** The vendor's client against an event hub on loopback: order, resumption, ownership, and everything that goes wrong. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { EventHubsSource } from '../../../services/ingest/sources/event-hubs.js';
import type { SourceParts } from '../../../services/ingest/sources/source.js';
import { StepdownError } from '../../../services/runtime/errors.js';
import type { EventHubsPeer, PeerOptions } from '../../peers/event-hubs.js';
import { userSignIn } from '../records/samples.js';
import { PATIENCE, Rig } from './event-hubs-rig.js';

const rigs: Rig[] = [];
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.end()));
});

async function start(options?: PeerOptions): Promise<Rig> {
  const rig = await Rig.start(options);
  rigs.push(rig);
  return rig;
}

const numbered = (partition: number, from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `p${partition}-${from + index}`);
const of = (partition: number, texts: string[]): string[] => texts.filter((text) => text.startsWith(`p${partition}-`));

describe('reading', () => {
  it('everything once, in order per partition, with its place; positions follow and lag is known', async () => {
    const rig = await start();
    rig.send(0, 0, 450);
    rig.send(1, 0, 30);
    const source = await rig.source();
    await rig.untilTexts(480);
    rig.send(1, 30, 5);
    await rig.untilTexts(485);
    const texts = await rig.texts();
    expect(of(0, texts)).toEqual(numbered(0, 0, 450));
    expect(of(1, texts)).toEqual(numbered(1, 0, 35));
    expect((await rig.stored())[0]?.source.position).toMatch(/^hub\/[01]@\d+$/);
    await rig.until(() => source.facts().partitions.every(({ lag }) => lag === 0), 'caught up');
    expect(source.facts()).toMatchObject({ state: 'reading', records: 485, events: 485, refused: 0, missed: 0 });
    expect(
      source
        .facts()
        .partitions.map(({ partition, position }) => [partition, position])
        .sort(),
    ).toEqual([
      ['0', 449],
      ['1', 34],
    ]);
  });

  it('records of Azure Monitor, and what cannot be read with its position and pointer', async () => {
    const rig = await start({ partitions: 1 });
    rig.peer.append(0, {
      body: JSON.stringify({ records: [userSignIn(), { category: 'SignInLogs', properties: {} }] }),
      contentType: 'application/json',
    });
    rig.peer.append(0, { body: 'not JSON' }, { body: JSON.stringify(userSignIn({ id: 'after' })) });
    await rig.source({ trust: 'authenticated' });
    await rig.until(async () => (await rig.stored()).length === 2, 'stored');
    expect((await rig.stored()).map(({ id, trust }) => [id, trust])).toEqual([
      ['entra:sign-in:sign-in-1', 'authenticated'],
      ['entra:sign-in:after', 'authenticated'],
    ]);
    expect((await rig.letters()).map(({ source, reason }) => [source, reason.pointer])).toEqual([
      ['hub/0@0', '/records/1/properties/status/errorCode'],
      ['hub/0@1', undefined],
    ]);
  });

  it('a record of a megabyte, and one larger than is wanted', async () => {
    const rig = await start({ partitions: 1 });
    const event = (chars: number) =>
      JSON.stringify({ kind: 'prompt', agent: { id: 'a' }, id: `e${chars}`, text: 'x'.repeat(chars) });
    rig.peer.append(0, { body: event(1_000_000) }, { body: event(2_500_000) }, { body: event(5) });
    await rig.source({ maxRecord: '2MiB' });
    await rig.until(async () => (await rig.stored()).length === 2, 'stored');
    expect((await rig.stored()).map(({ id }) => id)).toEqual(['e1000000', 'e5']);
    expect((await rig.letters()).map(({ reason }) => reason.code)).toEqual(['too-large']);
  });

  it('`latest` means what comes from now on, also when nothing was read before a restart', async () => {
    const rig = await start({ partitions: 1 });
    rig.send(0, 0, 3);
    const first = await rig.source({ from: 'latest' });
    await rig.until(
      async () =>
        (await rig.drivers.drivers.store.scan('ingest/eventhubs/')).some(({ key }) => key.includes('/position/')),
      'pinned',
    );
    await first.stop();
    rig.send(0, 3, 2);
    await rig.source({ from: 'latest' });
    await rig.untilTexts(2);
    expect(await rig.texts()).toEqual(numbered(0, 3, 2));
  });
});

describe('what was read is durable before its position', () => {
  it('a full stream holds the partition up, others go on, nothing is lost', async () => {
    const rig = await start({ partitions: 1 });
    rig.send(0, 0, 20);
    rig.refusals = Array.from({ length: 4 }, () => new StepdownError('stream-full', 'full'));
    const source = await rig.source();
    await rig.until(() => source.facts().trouble?.text.startsWith('appending') === true, 'waiting');
    await rig.untilTexts(20);
    expect(await rig.texts()).toEqual(numbered(0, 0, 20));
    await rig.until(() => source.facts().trouble === undefined, 'well again');
  });

  it('stopped while the stream takes nothing: given back, and read again', async () => {
    const rig = await start({ partitions: 1 });
    rig.send(0, 0, 3);
    const first = await rig.source();
    await rig.untilTexts(3);
    let full = true;
    await first.stop();
    const second = await rig.source(
      {},
      {
        append: async (records) => {
          if (full) throw new StepdownError('stream-full', 'full');
          return rig.drivers.drivers.stream.append(records);
        },
      },
    );
    rig.send(0, 3, 10);
    await rig.until(() => second.facts().trouble !== undefined, 'waiting');
    await second.stop();
    full = false;
    await rig.source();
    await rig.untilTexts(13);
    expect(await rig.texts()).toEqual(numbered(0, 0, 13));
  }, 40_000);

  it('a new process goes on behind the last position, under the same ids', async () => {
    const rig = await start();
    rig.send(0, 0, 50);
    await (await rig.source()).stop();
    await (await rig.source()).stop();
    rig.send(0, 50, 50);
    rig.send(1, 0, 10);
    await rig.source();
    await rig.untilTexts(110);
    expect(of(0, await rig.texts())).toEqual(numbered(0, 0, 100));
    expect(of(1, await rig.texts())).toEqual(numbered(1, 0, 10));
  });

  it('what retention dropped is counted, and a hub that was made anew is read from its beginning', async () => {
    const rig = await start({ partitions: 1 });
    rig.send(0, 0, 10);
    const first = await rig.source();
    await rig.untilTexts(10);
    await first.stop();
    rig.send(0, 10, 10);
    rig.peer.forget(0, 15);
    const second = await rig.source();
    await rig.untilTexts(15);
    expect(second.facts().missed).toBe(5);
    expect(of(0, await rig.texts()).slice(10)).toEqual(numbered(0, 15, 5));
  });
});

describe('several processes on one consumer group', () => {
  it('share the partitions, each read by one; a stopped one leaves its share to the others', async () => {
    const rig = await start({ partitions: 4 });
    const [first, second] = [await rig.source(), await rig.source()];
    const share = (source: EventHubsSource): number => source.facts().partitions.length;
    await rig.until(() => share(first) === 2 && share(second) === 2 && rig.peer.reading().length === 4, 'shared');
    for (let partition = 0; partition < 4; partition++) rig.send(partition, 0, 20);
    await rig.untilTexts(80);
    await first.stop();
    await rig.until(() => share(second) === 4, 'taken over');
    for (let partition = 0; partition < 4; partition++) rig.send(partition, 20, 5);
    await rig.untilTexts(100);
    for (let partition = 0; partition < 4; partition++)
      expect(of(partition, await rig.texts())).toEqual(numbered(partition, 0, 25));
  });

  it('a zombie whose ownership ran out loses its links, and takes no position back', async () => {
    const rig = await start({ partitions: 1 });
    // It claims once, and then its store hangs, as that of a process that sleeps: what it wrote arrives when it wakes.
    const { store } = rig.drivers.drivers;
    let asleep = false;
    const zombie = await rig.source(
      {},
      {
        store: {
          ...bound(store),
          write: async (writes) => {
            while (asleep) await pause(20);
            return store.write(writes);
          },
        },
      },
    );
    const position = async (): Promise<unknown> =>
      (await store.scan<{ sequenceNumber: number }>('ingest/eventhubs/')).find(({ key }) => key.includes('/position/'))
        ?.value.sequenceNumber;
    rig.send(0, 0, 5);
    await rig.until(async () => (await position()) === 4, 'position kept');
    asleep = true;
    rig.send(0, 5, 2);
    await rig.until(() => zombie.facts().events === 7, 'read by the zombie');
    const heir = await rig.source();
    await rig.until(() => rig.peer.seen.stolen > 0, 'inherited');
    rig.send(0, 7, 5);
    await rig.until(async () => (await position()) === 11, 'position of the heir');
    asleep = false;
    await pause(700);
    expect(await position()).toBe(11);
    // What it had read before it lost the partition was read again, under the same ids.
    expect(await rig.texts()).toEqual(numbered(0, 0, 12));
    await rig.until(() => heir.facts().partitions.length === 1, 'read by the heir');
    expect(zombie.facts().events).toBe(7);
  }, 40_000);
});

describe('what goes wrong', () => {
  it('the store is away while a partition begins: nothing is passed over', async () => {
    const rig = await start({ partitions: 1 });
    rig.send(0, 0, 10);
    const { store } = rig.drivers.drivers;
    let failures = 3;
    await rig.source(
      {},
      {
        store: {
          ...bound(store),
          // Who reads which partition is known, how far it was read is not.
          scan: async (prefix, options) => {
            if (prefix.includes('/position/') && failures-- > 0) throw new StepdownError('driver-unavailable', 'away');
            return store.scan(prefix, options);
          },
        },
      },
    );
    await rig.untilTexts(10);
    expect(await rig.texts()).toEqual(numbered(0, 0, 10));
  }, 40_000);

  it.each<[string, (peer: EventHubsPeer) => void, number?]>([
    ['connections end without a word', (peer: EventHubsPeer) => peer.drop()],
    ['the service moves the partition', (peer: EventHubsPeer) => peer.detach(0)],
    ['the service is busy', (peer: EventHubsPeer) => peer.detach(0, 'com.microsoft:server-busy')],
    ['the link is redirected', (peer: EventHubsPeer) => peer.detach(0, 'amqp:link:redirect')],
    ['the link is ended without a word', (peer: EventHubsPeer) => peer.detach(0, null)],
    ['the link is detached and not closed', (peer: EventHubsPeer) => peer.detach(0, null, 'detach')],
    ['it is detached with an error', (peer: EventHubsPeer) => peer.detach(0, 'amqp:internal-error', 'detach')],
    ['the link is stolen by one that is gone again', (peer: EventHubsPeer) => peer.detach(0, 'amqp:link:stolen')],
    ['a limit is reached', (peer: EventHubsPeer) => peer.detach(0, 'amqp:resource-limit-exceeded')],
    ['the hub was away', (peer: EventHubsPeer) => peer.detach(0, 'amqp:not-found')],
    ['connections are ended', (peer: EventHubsPeer) => peer.end('connections', 'amqp:connection:forced')],
    ['sessions are ended', (peer: EventHubsPeer) => peer.end('sessions', 'amqp:resource-limit-exceeded')],
    ['tokens expire', (peer: EventHubsPeer) => peer.expireTokens()],
    [
      'tokens expire, and the first new ones are refused',
      (peer: EventHubsPeer) => {
        peer.refuseTokens(2, 401);
        peer.expireTokens();
      },
      2,
    ],
    [
      'tokens expire while whoever checks them is away',
      (peer: EventHubsPeer) => {
        peer.refuseTokens(3, 503);
        peer.expireTokens();
      },
      3,
    ],
    [
      'the first links back are refused',
      (peer: EventHubsPeer) => {
        peer.refuse(2, 'amqp:internal-error');
        peer.detach(0);
      },
    ],
  ])(
    '%s: it reads on where it was',
    async (_, trouble, tokensRefused = 0) => {
      const rig = await start({ partitions: 1 });
      rig.send(0, 0, 10);
      await rig.source();
      await rig.untilTexts(10);
      const tokens = rig.peer.seen.tokens;
      trouble(rig.peer);
      rig.send(0, 10, 10);
      await rig.untilTexts(20);
      expect(await rig.texts()).toEqual(numbered(0, 0, 20));
      expect(rig.peer.seen.tokens).toBeGreaterThan(tokens);
      expect(rig.peer.seen.tokensRefused).toBe(tokensRefused);
    },
    40_000,
  );

  it('a token that is refused for as long as nobody mends it is said, and then it reads on where it was', async () => {
    const rig = await start({ partitions: 1 });
    rig.send(0, 0, 10);
    const source = await rig.source();
    await rig.untilTexts(10);
    rig.peer.refuseTokens(Infinity, 401);
    rig.peer.expireTokens();
    rig.send(0, 10, 10);
    await rig.until(() => source.facts().state === 'failing', 'in trouble');
    await rig.until(() => rig.peer.seen.tokensRefused > 5, 'refused several times');
    expect(source.facts().trouble?.text).toMatch(/^event hub: .*refused/);
    rig.peer.refuseTokens(0, 401);
    await rig.untilTexts(20);
    expect(await rig.texts()).toEqual(numbered(0, 0, 20));
    await rig.until(() => source.facts().state === 'reading' && source.facts().trouble === undefined, 'well again');
  }, 40_000);

  it('a connection that no longer answers is left behind, and ends no later for it', async () => {
    const patience = { retry: { ...PATIENCE.retry, timeoutInMs: 60_000 }, silenceMs: 700 };
    const rig = await start({ partitions: 1 });
    rig.send(0, 0, 10);
    const source = await rig.source({}, {}, patience);
    await rig.untilTexts(10);
    rig.peer.detach(0);
    rig.peer.mute();
    rig.send(0, 10, 10);
    await rig.untilTexts(20);
    expect(await rig.texts()).toEqual(numbered(0, 0, 20));
    rig.peer.mute();
    const begunAt = performance.now();
    await source.stop();
    expect(performance.now() - begunAt).toBeLessThan(5_000);
  }, 40_000);

  it('the service is away, at the start and later: it tries on, and says so', async () => {
    const rig = await start({ partitions: 1 });
    rig.send(0, 0, 5);
    await rig.peer.stop();
    const source = await rig.source();
    await rig.until(() => source.facts().trouble !== undefined, 'in trouble');
    await rig.peer.start();
    await rig.untilTexts(5);
    await rig.until(() => source.facts().state === 'reading' && source.facts().trouble === undefined, 'well again');
    await rig.peer.stop();
    rig.send(0, 5, 5);
    await rig.until(() => source.facts().state === 'failing', 'in trouble again');
    await rig.peer.start();
    await rig.untilTexts(10);
    expect(await rig.texts()).toEqual(numbered(0, 0, 10));
  }, 40_000);

  it('a connection string that can never work is refused at the start, without quoting its key', async () => {
    const rig = await start();
    await expect(rig.source({ hub: 'another' })).rejects.toThrow('cannot be reached as configured');
    for (const connectionString of [
      'nonsense',
      'Endpoint=sb://localhost;SharedAccessKeyName=listen;SharedAccessKey=TOP;UseDevelopmentEmulator=true',
    ])
      await expect(rig.source({ connectionString })).rejects.toSatisfy(
        (error: unknown) =>
          error instanceof StepdownError && error.code === 'config-invalid' && !error.describe().includes('TOP'),
      );
  });
});

/** Methods of a store, free of their object. */
function bound(store: SourceParts['store']): SourceParts['store'] {
  return {
    get: (keys) => store.get(keys),
    write: (writes) => store.write(writes),
    scan: (prefix, options) => store.scan(prefix, options),
    texts: (prefix, options) => store.texts(prefix, options),
    reserve: (request) => store.reserve(request),
    release: (key, holder) => store.release(key, holder),
    close: () => store.close(),
  };
}
