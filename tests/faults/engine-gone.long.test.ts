/**
 * The engine is killed while every control is in force, once to lapse and once to be held. The gateway is a process of its
 * own and goes on answering: what is to lapse lapses with its lease, what is to be held stays for its grace and no longer,
 * and when the engine is back the ledger says what it said, and so does the gateway.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ControlName } from '../../schemas/control.js';
import type { Contraction } from '../../schemas/contraction.js';
import { KafkaPeer } from '../peers/kafka.js';
import { redisMissing } from '../peers/redis.js';
import { suiteKafkaAndRedis } from '../peers/suite-peers.js';
import { describeWithPeer } from '../peers/with-peer.js';
import { finding } from '../respond/rig.js';
import { distributedDrivers } from '../runtime/kafka/distributed.js';
import { Cluster } from '../scenarios/cluster.js';

const LEASE_MS = 4_000;
const GRACE_MS = 6_000;

/** How each control is written, and what is asked to see it; without more a tool is asked for. */
const CONTROLS: Readonly<Record<ControlName, { yaml: string; ask?: object; resource?: string; twice?: true }>> = {
  'tool.block': { yaml: '{tool.block: {tools: [send_*]}}' },
  'tool.requireApproval': { yaml: '{tool.requireApproval: {tools: [send_*], timeout: 5m}}' },
  'scope.narrow': { yaml: '{scope.narrow: {scopes: [files]}}', ask: { scopes: ['mail'] } },
  'auth.strength': { yaml: '{auth.strength: {level: phishing-resistant}}', ask: { auth: { level: 'mfa' } } },
  'auth.reauthenticate': { yaml: '{auth.reauthenticate: {within: 1m}}', ask: { auth: { authenticatedAtMs: 1 } } },
  'egress.allow': {
    yaml: '{egress.allow: {domains: [contoso.example]}}',
    ask: { arguments: { to: 'x@evil.example' } },
  },
  'model.deny': { yaml: '{model.deny: {models: [send_*]}}', resource: 'model' },
  'sandbox.require': { yaml: '{sandbox.require: {level: vm}}', ask: { sandbox: 'process' } },
  'data.mask': { yaml: '{data.mask: {what: [secrets]}}', resource: 'model' },
  'generation.guard': { yaml: '{generation.guard: {maxOutputTokens: 10}}', resource: 'model' },
  'rate.limit': { yaml: '{rate.limit: {tools: [send_*], calls: 1, per: 1h}}', twice: true },
  'session.suspend': { yaml: '{session.suspend: {}}' },
  'agent.disable': { yaml: '{agent.disable: {}}' },
};
const FATES = ['lapse', 'hold'] as const;
const CASES = (Object.keys(CONTROLS) as ControlName[]).flatMap((control) =>
  FATES.map((fate) => ({ control, fate, id: `${control}-${fate}` })),
);

function playbook({ control, fate, id }: (typeof CASES)[number]): string {
  const target = control === 'agent.disable' || control === 'scope.narrow' ? 'agent' : 'session';
  return `apiVersion: stepdown/v1
kind: Playbook
id: ${id.replace('.', '-')}
title: ${id}
version: 1
trigger: {finding: injection.indirect}
when: agent.id == "${id}"
target: ${target}
contract: [${CONTROLS[control].yaml}]
revert: {until: {quiet: {below: 30, for: 12h}}, max: 24h, engineGone: ${fate}}
`;
}

describeWithPeer('with the engine gone', (await KafkaPeer.missing()) ?? redisMissing(), () => {
  const peers = suiteKafkaAndRedis();

  it('every control lapses or is held, as declared, and is exact again afterwards', { timeout: 240_000 }, async () => {
    const overrides = CASES.map(({ id }) => `  ${id.replace('.', '-')}: {mode: enforce, reason: test, owner: tests}`);
    const cluster = await Cluster.create(
      distributedDrivers(peers.kafka(), peers.redis()),
      `apiVersion: stepdown/v1\nkind: Overrides\nplaybooks:\n${overrides.join('\n')}\n`,
      ['respond', 'gateway'],
      { respond: { playbooks: ['./playbooks'], lease: `${LEASE_MS}ms`, holdGrace: `${GRACE_MS}ms` } },
    );
    try {
      mkdirSync(join(cluster.dir, 'playbooks'));
      for (const each of CASES) writeFileSync(join(cluster.dir, 'playbooks', `${each.id}.yaml`), playbook(each));
      await cluster.startAll();
      const drivers = await cluster.drivers();
      const found = CASES.map(({ id }) =>
        finding({ timeMs: Date.now(), session: `s-${id}`, agent: id, trust: 'authenticated' }),
      );
      await drivers.stream.append(
        found.map((each) => ({
          topic: 'signals',
          key: each.sessionId,
          value: { kind: 'finding', tenant: 'default', timeMs: each.timeMs, finding: each },
        })),
      );
      const health = async (): Promise<{ contractionsInForce: number; contractionsHeld: number }> =>
        (await (await fetch(`${cluster.api}/v1/health`, { headers: as(cluster, 'token') })).json()) as never;
      const ledger = async () =>
        new Map(
          (await drivers.store.scan<Contraction>('contraction/live/')).map(({ value }) => [
            value.agentId,
            { id: value.id, state: value.state, controls: value.controls, maxAtMs: value.maxAtMs },
          ]),
        );
      await expect.poll(async () => (await health()).contractionsInForce, { timeout: 60_000 }).toBe(CASES.length);
      const all = CASES.map(({ id }) => id).sort();
      const held = CASES.filter(({ fate }) => fate === 'hold').map(({ id }) => id);
      expect(await restricted(cluster)).toEqual(all);
      // Renewed beyond the first lease while the engine is there.
      await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 500));
      expect(await health()).toMatchObject({ contractionsInForce: CASES.length, contractionsHeld: 0 });
      const before = await ledger();
      expect(before.size).toBe(CASES.length);

      await cluster.kill(0);
      const killedAt = performance.now();
      expect(await restricted(cluster)).toEqual(all);
      await expect
        .poll(async () => health(), { timeout: LEASE_MS + 3_000, interval: 100 })
        .toMatchObject({ contractionsInForce: held.length, contractionsHeld: held.length });
      expect(performance.now() - killedAt).toBeLessThan(LEASE_MS + 2_500);
      expect(await restricted(cluster)).toEqual(held.sort());
      expect(cluster.output).toContain('are kept for their grace');
      await expect
        .poll(async () => (await health()).contractionsInForce, { timeout: GRACE_MS + 4_000, interval: 100 })
        .toBe(0);
      expect(performance.now() - killedAt).toBeLessThan(LEASE_MS + GRACE_MS + 4_000);
      expect(await restricted(cluster)).toEqual([]);
      expect(await ledger(), 'the ledger knows nothing of it').toEqual(before);

      await cluster.start(0);
      await expect.poll(async () => (await health()).contractionsInForce, { timeout: 30_000 }).toBe(CASES.length);
      expect(await restricted(cluster)).toEqual(all);
      expect(await ledger()).toEqual(before);
      const [first] = before.values();
      await fetch(`${cluster.api}/v1/contractions/${first?.id}/lift`, {
        method: 'POST',
        headers: { ...as(cluster, 'token'), 'content-type': 'application/json' },
        body: JSON.stringify({ reason: 'tested' }),
      });
      await expect.poll(async () => (await health()).contractionsInForce).toBe(CASES.length - 1);
    } catch (error) {
      throw new Error(`${String(error)}\n${cluster.output}`, { cause: error });
    } finally {
      await cluster.remove();
    }
  });
});

const as = (cluster: Cluster, token: string): Record<string, string> => ({
  authorization: `Bearer ${readFileSync(join(cluster.dir, 'data', token), 'utf8').trim()}`,
});

/** Whose calls are blocked, held or bound to something now. */
async function restricted(cluster: Cluster): Promise<string[]> {
  const answers = await Promise.all(
    CASES.map(async ({ control, id }) => {
      const { ask = {}, resource = 'tool', twice } = CONTROLS[control];
      const once = async () => {
        const answer = await fetch(`${cluster.api}/access/v1/evaluation`, {
          method: 'POST',
          headers: { ...as(cluster, 'agent-token'), 'content-type': 'application/json' },
          body: JSON.stringify({
            subject: { type: 'agent', id },
            action: { name: 'call' },
            resource: { type: resource, id: 'send_mail' },
            context: { conversation: `s-${id}`, service: id, arguments: { text: 'hello' }, ...ask },
          }),
        });
        return (await answer.json()) as { decision: boolean; context: { obligations?: object } };
      };
      if (twice) await once();
      const { decision, context } = await once();
      return decision && context.obligations === undefined ? [] : [id];
    }),
  );
  return answers.flat().sort();
}
