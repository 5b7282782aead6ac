/** The change stream stops: the gateway goes on deciding by what it knows, says how old that is, and lets go of what lapses. */
import { afterEach, expect, it } from 'vitest';
import { HOLD_GRACE_MS } from '../../services/policy/contraction-index.js';
import { WallClock } from '../../services/runtime/clock.js';
import { agent, asks, contraction, type Evaluated, Rig } from './rig.js';

const LEASE_MS = 1_500;

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.end();
  rig = undefined;
});

it('with no news, `lapse` ends with its lease and `hold` stays for its grace; nothing else is extended', async () => {
  const clock = new WallClock();
  const started = (rig = await Rig.start({ clock, pipeline: false }));
  const block = (id: string, engineGone: 'lapse' | 'hold') => {
    const nowMs = clock.now();
    return contraction([{ control: 'tool.block', tools: ['send_mail'] }], {
      id,
      engineGone,
      target: agent(id),
      leaseMs: LEASE_MS,
      leaseUntilMs: nowMs + LEASE_MS,
      maxAtMs: nowMs + 24 * 3_600_000,
    });
  };
  await started.contract(block('lapsing', 'lapse'), block('held', 'hold'));
  await started.knows('lapsing', 1);
  await started.knows('held', 1);
  const ask = async (who: string) =>
    (
      await started.call<Evaluated>('POST', '/access/v1/evaluation', asks('send_mail', { agent: who, session: who }), {
        token: started.token('agent-token'),
      })
    ).body.context.verdict;
  const health = async () =>
    (await started.call<{ staleMs: number; contractionsInForce: number }>('GET', '/v1/health')).body;
  expect([await ask('lapsing'), await ask('held'), await ask('nobody')]).toEqual(['block', 'block', 'allow']);
  expect((await health()).contractionsInForce).toBe(2);

  // From here on no record of the topic reaches it, nor can it ask whether there are any.
  await started.drivers.stream.close();
  const stoppedAt = performance.now();
  expect([await ask('lapsing'), await ask('held')]).toEqual(['block', 'block']);
  await expect.poll(async () => ask('lapsing'), { timeout: 2 * LEASE_MS, interval: 25 }).toBe('allow');
  const elapsedMs = performance.now() - stoppedAt;
  expect(elapsedMs).toBeLessThan(LEASE_MS + 500);
  expect([await ask('held'), await ask('nobody')]).toEqual(['block', 'allow']);
  const { staleMs, contractionsInForce } = await health();
  expect(staleMs).toBeGreaterThanOrEqual(elapsedMs - 50);
  await expect.poll(async () => (await health()).contractionsInForce, { timeout: 3_000 }).toBe(1);
  expect(contractionsInForce).toBeLessThanOrEqual(2);
  // It is a person's to look at, and bounded: its grace ends too.
  const { contractions } = started.gateway.decisionPoint;
  expect(contractions.held(performance.now()).map(({ contraction: { id } }) => id)).toEqual(['held']);
  expect(contractions.forTarget(agent('held'), performance.now() + LEASE_MS + HOLD_GRACE_MS)).toEqual([]);
});
