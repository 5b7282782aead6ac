/** The receivers of docs/enforcement.md, run as they stand there: against an API server, and against a Git repository. */
import { execFile } from 'node:child_process';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { compileFunction } from 'node:vm';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Order } from '../../services/enforce/point.js';
import { WebhookPoint } from '../../services/enforce/points/webhook/webhook.js';
import { HttpsPeer, type PeerResponse } from '../peers/https-peer.js';
import { declared } from './simulation.js';

const DOC = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'enforcement.md'), 'utf8');
const SECRET = 'a-long-random-text-of-your-own';

/** The first block of code below a heading, without its imports. */
function code(heading: string): string {
  const [, found] = /```js\n([\s\S]*?)```/.exec(DOC.slice(DOC.indexOf(heading))) ?? [];
  if (found === undefined) throw new Error(`there is no code below ${heading}`);
  return found.replace(/^import .*$/gm, '');
}

type Effect = Record<string, unknown> & { id: string };
interface Handlers {
  apply(effect: Effect): Promise<unknown>;
  revert(effect: Effect): Promise<unknown>;
  look(effect: Effect): Promise<unknown>;
}
interface Receiver {
  verified(headers: Record<string, unknown>, body: string): boolean;
  answer(body: unknown, handlers: Handlers): Promise<PeerResponse>;
}

function run<T>(text: string, gives: string, given: Record<string, unknown>): T {
  const compiled = compileFunction(`${text}\nreturn ${gives};`, Object.keys(given)) as (...values: unknown[]) => T;
  return compiled(...Object.values(given));
}
const receiver = (): Receiver =>
  run(code('### A receiver'), '{ verified, answer }', {
    createHmac,
    timingSafeEqual,
    createServer: undefined,
    process: { env: { SECRET } },
  });

let sequence = 0;
const order = (id = 'c1', more: Partial<Order> = {}): Order => ({
  effectId: `${id}/0/out-there`,
  contractionId: id,
  sequence: (sequence += 1),
  target: { tenant: 'default', type: 'agent', id: 'a1' },
  control: { control: 'agent.disable' },
  reason: 'because',
  expiresAtMs: Date.now() + 60_000,
  expiresInMs: 60_000,
  ...more,
});
const soon = () => AbortSignal.timeout(20_000);

/** The example behind https, with a point before it. `restart` ends its process. */
async function served(handlers: () => Handlers) {
  let own = receiver();
  let current = handlers();
  const peer = await HttpsPeer.start(async ({ headers, body }) => {
    const text = body.toString('utf8');
    if (!own.verified(headers, text)) return { status: 401 };
    return own.answer(JSON.parse(text), current).catch(() => ({ status: 500 }));
  });
  const pointWith = (secret: string) =>
    new WebhookPoint({
      declaration: declared(true),
      url: `${peer.url}/stepdown`,
      secret,
      ca: peer.certificate.cert,
      now: () => Date.now(),
      version: '0',
    });
  return {
    peer,
    point: pointWith(SECRET),
    stranger: pointWith('another-secret-of-16'),
    restart: () => {
      own = receiver();
      current = handlers();
    },
  };
}

type Served = Awaited<ReturnType<typeof served>>;
let at: Served;
afterEach(() => at.peer.stop());

/** What must hold of any receiver. */
function behaves(inPlace: () => Promise<number>, edit: () => Promise<void>): void {
  it('is applied, seen and taken back, each as often as it is asked', async () => {
    const first = await at.point.apply(order(), soon());
    expect(first).toMatchObject({ kind: 'done', hash: expect.any(String) as string });
    const { hash } = first as { hash: string };
    expect(await at.point.apply(order(), soon())).toMatchObject({ kind: 'done', hash });
    expect(await inPlace()).toBe(1);
    expect(await at.point.observe([order('c1', { hash }), order('c2')], soon())).toEqual([
      { kind: 'in-place' },
      { kind: 'absent' },
    ]);
    for (const _ of [1, 2]) expect(await at.point.revert(order(), soon())).toMatchObject({ kind: 'done' });
    expect(await inPlace()).toBe(0);
  });

  it('two effects on one agent are two things: the first to end takes nothing from the other', async () => {
    await at.point.apply(order('c1'), soon());
    await at.point.apply(order('c2'), soon());
    await at.point.revert(order('c1'), soon());
    expect(await inPlace()).toBe(1);
    expect(await at.point.observe([order('c1'), order('c2')], soon())).toMatchObject([
      { kind: 'absent' },
      { kind: 'in-place' },
    ]);
  });

  it('an answer that is lost after it was done is found, also by a process that knows nothing of it', async () => {
    at.peer.misbehaviours = ['reset-afterwards'];
    expect((await at.point.apply(order(), soon())).kind).toBe('unknown');
    at.restart();
    expect((await at.point.apply(order(), soon())).kind).toBe('done');
    expect(await inPlace()).toBe(1);
    at.peer.misbehaviours = ['reset-afterwards'];
    expect((await at.point.revert(order(), soon())).kind).toBe('unknown');
    at.restart();
    expect((await at.point.revert(order(), soon())).kind).toBe('done');
    expect(await inPlace()).toBe(0);
  });

  it('what a person edits is left, and said', async () => {
    await at.point.apply(order(), soon());
    await edit();
    expect((await at.point.observe([order()], soon()))[0]).toMatchObject({ kind: 'changed' });
    expect((await at.point.apply(order(), soon())).kind).toBe('drifted');
    expect((await at.point.revert(order(), soon())).kind).toBe('drifted');
    expect(await inPlace()).toBe(1);
  });
}

describe('the NetworkPolicy example', () => {
  interface Policy {
    metadata: { name: string; resourceVersion: string; annotations?: Record<string, string> };
    spec: Record<string, unknown>;
  }
  let stored: Map<string, Policy>;
  let versions = 0;
  /** Before the next write, once: somebody else is quicker. */
  let race: (() => void) | undefined;
  /** As an API server gives it back: fields in an order of its own. */
  const given = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(given)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, item]) => [key, given(item)]),
          )
        : value;
  const raced = (): void => {
    const first = race;
    race = undefined;
    first?.();
  };
  const example = () =>
    run<Handlers & { sweep(items: Policy[], now?: number): Promise<void> }>(
      code('### Example: a Kubernetes NetworkPolicy'),
      '{ apply, revert, look, sweep }',
      {
        createHash,
        read: async (name: string) => given(stored.get(name)),
        write: async (policy: Policy) => {
          raced();
          const { name, resourceVersion } = policy.metadata;
          if (stored.get(name)?.metadata.resourceVersion !== resourceVersion) return false;
          const metadata = { ...policy.metadata, resourceVersion: String(++versions) };
          stored.set(name, structuredClone({ ...policy, metadata }));
          return true;
        },
        remove: async (name: string, { preconditions }: { preconditions: { resourceVersion: string } }) => {
          raced();
          if (stored.get(name)?.metadata.resourceVersion !== preconditions.resourceVersion) return false;
          return stored.delete(name);
        },
      },
    );
  const only = (): Policy => [...stored.values()][0] as Policy;
  const editByHand = (): void => {
    only().spec['egress'] = [];
    only().metadata.resourceVersion = String(++versions);
  };

  beforeEach(async () => {
    stored = new Map();
    race = undefined;
    at = await served(example);
  });

  behaves(
    async () => stored.size,
    async () => editByHand(),
  );

  it('an order of the past changes nothing, and neither does a stranger’s', async () => {
    const late = order();
    await at.point.apply(order(), soon());
    await at.point.revert(order(), soon());
    expect((await at.point.apply(late, soon())).kind).toBe('retry');
    expect((await at.stranger.apply(order(), soon())).kind).toBe('refused');
    expect(stored.size).toBe(0);
  });

  it('reads again where somebody was quicker, and leaves what they did', async () => {
    await at.point.apply(order(), soon());
    race = editByHand;
    expect((await at.point.apply(order(), soon())).kind).toBe('retry');
    expect((await at.point.apply(order(), soon())).kind).toBe('drifted');
  });

  it('drops by itself what is past its time, and nothing that a person changed', async () => {
    await at.point.apply(order('c1'), soon());
    await at.point.apply(order('c2'), soon());
    await example().sweep([...stored.values()]);
    expect(stored.size).toBe(2);
    editByHand();
    await example().sweep([...stored.values()], Date.now() + 61_000);
    expect([...stored.values()].map(({ spec }) => spec['egress'])).toEqual([[]]);
  });
});

describe('the Git example', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepdown-git-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let made = 0;
  let bare = '';
  const gitIn =
    (cwd: string) =>
    async (...given: string[]): Promise<string> => {
      const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
      return (await promisify(execFile)('git', given, { cwd, env })).stdout;
    };
  const clone = async (): Promise<string> => {
    const target = join(folder, `clone-${++made}`);
    await gitIn(folder)('clone', '--quiet', bare, target);
    return target;
  };
  const asPerson = async (edit: (path: string) => void): Promise<void> => {
    const theirs = await clone();
    edit(theirs);
    const git = gitIn(theirs);
    await git('add', '--all');
    await git('-c', 'user.name=Ann', '-c', 'user.email=ann@localhost', 'commit', '--quiet', '--message', 'by hand');
    await git('push', '--quiet', 'origin', 'HEAD:main');
  };
  /** Before the next push, once. */
  let race: (() => Promise<void>) | undefined;
  const example = (work: string) => (): Handlers => {
    const git = gitIn(work);
    return run<Handlers>(code('### Example: a policy in Git'), '{ apply, revert, look }', {
      createHash,
      git: async (...given: string[]) => {
        const first = given[0] === 'push' ? race : undefined;
        if (first !== undefined) race = undefined;
        await first?.();
        return git(...given);
      },
      contentOf: async (file: string) =>
        existsSync(join(work, file)) ? readFileSync(join(work, file), 'utf8') : undefined,
      writeFile: async (file: string, text: string) => {
        mkdirSync(dirname(join(work, file)), { recursive: true });
        writeFileSync(join(work, file), text);
      },
      removeFile: async (file: string) => rmSync(join(work, file)),
    });
  };
  const files = async (): Promise<string[]> =>
    (await gitIn(bare)('ls-tree', '-r', '--name-only', 'main'))
      .split('\n')
      .filter((file) => file.startsWith('stepdown/'));

  beforeEach(async () => {
    bare = join(folder, `bare-${++made}.git`);
    await gitIn(folder)('init', '--quiet', '--bare', '--initial-branch=main', bare);
    const first = await clone();
    writeFileSync(join(first, 'README'), 'policies\n');
    const git = gitIn(first);
    await git('checkout', '--quiet', '-B', 'main');
    await git('add', '--all');
    await git('-c', 'user.name=Ann', '-c', 'user.email=ann@localhost', 'commit', '--quiet', '--message', 'begin');
    await git('push', '--quiet', 'origin', 'HEAD:main');
    race = undefined;
    at = await served(example(await clone()));
  });

  behaves(
    async () => (await files()).length,
    async () => {
      const [file = ''] = await files();
      await asPerson((path) => writeFileSync(join(path, file), 'edited: true\n'));
    },
  );

  it('begins anew where somebody pushed in between, and keeps what they pushed', async () => {
    race = () => asPerson((path) => writeFileSync(join(path, 'theirs.yaml'), 'a: 1\n'));
    expect((await at.point.apply(order(), soon())).kind).toBe('done');
    expect(await gitIn(bare)('ls-tree', '-r', '--name-only', 'main')).toContain('theirs.yaml');
    expect(await files()).toHaveLength(1);
  });

  it('what was committed when the process ended, and never pushed, is pushed by nobody', async () => {
    const gone = (): Promise<void> => {
      race = gone;
      return Promise.reject(new Error('the process is gone'));
    };
    race = gone;
    expect((await at.point.apply(order(), soon())).kind).not.toBe('done');
    race = undefined;
    at.restart();
    expect(await files()).toEqual([]);
    expect((await at.point.apply(order('c2'), soon())).kind).toBe('done');
    expect(await files()).toHaveLength(1);
  });
});
