/**
 * From a finding to a contraction that changes decisions, in process and without the disk: response with every playbook that
 * ships, in enforce mode, and the decision point's index taking what it publishes; then the call is decided, and blocked.
 */
import { join } from 'node:path';
import type { Finding } from '../../schemas/finding.js';
import type { Signal } from '../../schemas/signal.js';
import { FINDING_TYPES } from '../../services/detect/detectors/table.js';
import { ContractionIndex } from '../../services/policy/contraction-index.js';
import { decide } from '../../services/policy/decide.js';
import { Baseline } from '../../services/policy/effective.js';
import { createRespondMachine } from '../../services/respond/machine.js';
import { loadPlaybooks } from '../../services/respond/playbook/load.js';
import { packageRoot } from '../../services/runtime/package-root.js';
import { Stepper } from '../../services/runtime/stepper.js';
import { distribution, inMs } from './distribution.js';

const WARM = 1_000;
const MEASURED = 5_000;
const START = Date.UTC(2030, 0, 1);

const findingOf = (i: number): Finding => ({
  schemaVersion: 1,
  id: `f${i}`,
  tenant: 'default',
  detector: 'injection',
  codeVersion: '1',
  type: 'injection.indirect',
  title: 'A result tells its reader what to do',
  entity: { tenant: 'default', type: 'session', id: `s${i}` },
  primary: true,
  eventId: `e${i}`,
  agentId: `a${i % 500}`,
  sessionId: `s${i}`,
  userId: `u${i % 200}`,
  trust: 'authenticated',
  timeMs: START + i,
  confidence: 0.95,
  severity: 'high',
  evidence: { observed: 'x', eventIds: [`e${i}`], facts: { suspicion: 'injection' } },
  predicted: [{ tool: 'send_money', probability: 1 }],
  atlas: ['AML.T0051.001'],
  owasp: ['ASI01'],
  pillar: 'data',
});

export function benchFinding(): void {
  const { playbooks, correlations } = loadPlaybooks([join(packageRoot(), 'playbooks')], {
    findingTypes: FINDING_TYPES,
    mode: 'enforce',
  });
  const machine = createRespondMachine({
    // Caps would make most of these wait for a person.
    playbooks: playbooks.map((each) => ({
      ...each,
      shipped: { ...each.shipped, limits: { ...each.shipped.limits, targets: undefined } },
    })),
    correlations,
    riskHalfLifeMs: 600_000,
    leaseMs: 300_000,
    incidentsPerPlaybookPerHour: 20,
  });
  const stepper = new Stepper<Signal>({ machine });
  stepper.advance(START);
  const index = new ContractionIndex();
  const baseline = new Baseline();
  const timings: number[] = [];
  let blocked = 0;
  let cpu = process.cpuUsage();
  for (let i = 0; i < WARM + MEASURED; i += 1) {
    if (i === WARM) cpu = process.cpuUsage();
    const finding = findingOf(i);
    const begun = performance.now();
    for (const { topic, value } of stepper.feed({
      kind: 'finding',
      tenant: 'default',
      timeMs: finding.timeMs,
      finding,
    }))
      if (topic === 'contractions' && value.kind === 'contraction') index.apply(value.contraction, finding.timeMs);
    const { verdict } = decide(
      {
        tenant: 'default',
        kind: 'tool',
        name: 'send_money',
        agentId: finding.agentId,
        sessionId: finding.sessionId,
        effects: ['pay'],
      },
      { baseline, contractions: index },
      finding.timeMs,
    );
    if (i < WARM) continue;
    timings.push(performance.now() - begun);
    if (verdict === 'block') blocked += 1;
  }
  const { user, system } = process.cpuUsage(cpu);
  const each = (user + system) / 1000 / MEASURED;
  if (blocked !== MEASURED) throw new Error(`${MEASURED - blocked} of ${MEASURED} calls were not blocked`);
  console.log(
    `finding         ${inMs(distribution(timings))}  to a contraction and the call it blocks, ${playbooks.length} playbooks, ${MEASURED + WARM} live; ${each.toFixed(3)} ms of CPU each, collection of garbage and all (aim ≤ 1 ms)`,
  );
}
