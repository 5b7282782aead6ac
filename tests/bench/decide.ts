/** A decision from policies in memory, beside what else a deployment would ask: 200 live contractions, 20 of them matching. */
import type { Contraction } from '../../schemas/contraction.js';
import { ContractionIndex } from '../../services/policy/contraction-index.js';
import { decide } from '../../services/policy/decide.js';
import { Baseline } from '../../services/policy/effective.js';
import { distribution, inMs } from './distribution.js';

function contraction(i: number): Contraction {
  return {
    schemaVersion: 1,
    id: `c${i}`,
    tenant: 'default',
    version: 1,
    state: 'active',
    mode: 'enforce',
    target: { tenant: 'default', type: 'session', id: `s${i % 10}` },
    controls: [
      { control: 'tool.block', tools: [`tool_${i}_*`, 'never_*'], destinations: ['*.exfil.example'] },
      { control: 'tool.requireApproval', effects: ['pay'], timeoutMs: 300_000, otherwise: 'block' },
      { control: 'egress.allow', domains: ['*.contoso.example', 'contoso.example'] },
    ],
    findingIds: [],
    sessionIds: [],
    trust: 'authenticated',
    createdAtMs: 0,
    leaseUntilMs: 1e15,
    leaseMs: 1e15,
    maxAtMs: 1e15,
    until: { kind: 'session-end' },
    atMax: { quiet: 'revert', active: 'page' },
    engineGone: 'lapse',
    lastSignalAtMs: 0,
    attempts: 0,
    effects: [],
    history: [],
  };
}

export function benchDecide(): void {
  const contractions = new ContractionIndex();
  for (let i = 0; i < 200; i++) contractions.apply(contraction(i), 0);
  const baseline = new Baseline({
    apiVersion: 'stepdown/v1',
    kind: 'BaselinePolicy',
    rules: [{ agency: { tools: { deny: ['rm_*'] }, egress: { allow: ['*.contoso.example', '*.fabrikam.example'] } } }],
  });
  const timings: number[] = [];
  let stopped = 0;
  for (let i = 0; i < 60_000; i++) {
    const begun = performance.now();
    const { verdict } = decide(
      {
        tenant: 'default',
        kind: 'tool',
        name: `send_mail_${i % 50}`,
        agentId: `a${i % 100}`,
        sessionId: `s${i % 20}`,
        effects: ['send'],
        arguments: {
          to: ['ann@contoso.example', i % 3 === 0 ? 'x@mail.exfil.example' : 'bob@contoso.example'],
          body: 'See https://wiki.contoso.example/page for the plan.',
        },
      },
      { baseline, contractions },
      1,
    );
    if (i > 10_000) timings.push(performance.now() - begun);
    if (verdict !== 'allow') stopped++;
  }
  if (stopped === 0) throw new Error('nothing was decided');
  console.log(
    `decide          ${inMs(distribution(timings))}  policy alone, 20 contractions on every second session (aim p99 ≤ 0.05 ms)`,
  );
}
