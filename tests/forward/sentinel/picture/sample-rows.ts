/** A day of a small fleet as rows: three attacks, what was restricted because of them, and what was judged. Made up, always the same. */
import type { Severity } from '../../../../schemas/common.js';
import type { Contraction } from '../../../../schemas/contraction.js';
import type { Finding } from '../../../../schemas/finding.js';
import type { TableRecord } from '../../../../services/forward/record.js';
import { tableName } from '../../../../services/forward/sentinel/column.js';
import { TABLES } from '../../../../services/forward/sentinel/tables.js';
import { incident } from '../../incident.js';
import { keptRow, noRows, sentRow } from '../kept-rows.js';
import type { Row } from '../kql/evaluate.js';
import { contraction, decision, finding } from '../records.js';

export const NOW = new Date(Date.UTC(2026, 0, 5, 18));
const at = (hour: number, minute = 0): number => Date.UTC(2026, 0, 5, hour, minute);

interface Attack {
  id: string;
  agent: string;
  user: string;
  title: string;
  severity: Severity;
  hour: number;
  findings: readonly [
    type: string,
    pillar: Finding['pillar'],
    severity: Severity,
    confidence: number,
    minute: number,
  ][];
  control: Contraction['controls'][number];
  tool: string;
  blocked: number;
  state: 'active' | 'ended';
  verdict?: 'true' | 'benign';
}

const ATTACKS: readonly Attack[] = [
  {
    id: 'inc-1',
    agent: 'mail-assistant',
    user: 'ada@contoso.example',
    title: 'An instruction hidden in data the agent read',
    severity: 'high',
    hour: 9,
    findings: [
      ['injection.indirect', 'data', 'high', 0.97, 2],
      ['taint.sink', 'applications', 'high', 0.93, 4],
    ],
    control: { control: 'tool.block', tools: ['send_money'] },
    tool: 'send_money',
    blocked: 7,
    state: 'ended',
    verdict: 'true',
  },
  {
    id: 'inc-2',
    agent: 'code-reviewer',
    user: 'ben@contoso.example',
    title: 'Calls that this agent has never made',
    severity: 'medium',
    hour: 13,
    findings: [
      ['novelty.tool', 'applications', 'medium', 0.71, 0],
      ['rate.burst', 'infrastructure', 'low', 0.55, 25],
      ['novelty.tool', 'applications', 'medium', 0.64, 70],
    ],
    control: { control: 'rate.limit', tools: ['*'], calls: 10, perMs: 60_000 },
    tool: 'run_shell',
    blocked: 3,
    state: 'ended',
    verdict: 'benign',
  },
  {
    id: 'inc-3',
    agent: 'crm-agent',
    user: 'cleo@contoso.example',
    title: 'A stolen token, and calls to hosts it never called',
    severity: 'high',
    hour: 16,
    findings: [
      ['novelty.destination', 'network', 'medium', 0.66, 10],
      ['identity.token', 'identity', 'high', 0.9, 22],
      ['novelty.destination', 'network', 'medium', 0.7, 48],
    ],
    control: { control: 'tool.requireApproval', tools: ['http_post'], timeoutMs: 600_000, otherwise: 'block' },
    tool: 'http_post',
    blocked: 4,
    state: 'active',
  },
];

/** Rows by table, as the sink makes them; each comes twice, as rows may. */
export function sampleRows(): Record<string, Row[]> {
  const tables = noRows();
  const add = (record: TableRecord, sentAtMs: number): void => {
    const row = sentRow(record, undefined, sentAtMs);
    const table = tables[tableName(TABLES[record.kind])];
    for (const laterMs of [60_000, 420_000]) table?.push(keptRow(record.kind, row, sentAtMs + laterMs));
  };
  for (const attack of ATTACKS) {
    const begun = at(attack.hour);
    const findings = attack.findings.map(([type, pillar, severity, confidence, minute], index) =>
      finding(`${attack.id}-f${index}`, {
        type,
        pillar,
        severity,
        confidence,
        title: type,
        agentId: attack.agent,
        sessionId: `conv-${attack.id}`,
        userId: attack.user,
        timeMs: at(attack.hour, minute),
      }),
    );
    for (const value of findings) add({ kind: 'finding', value }, value.timeMs + 1_000);
    const endedAtMs = at(attack.hour + 1, 30);
    const states = attack.state === 'ended' ? (['active', 'ended'] as const) : (['active'] as const);
    states.forEach((state, index) => {
      const value = contraction(`${attack.id}-c`, index + 1, {
        state,
        controls: [attack.control],
        target: { tenant: 'default', type: 'session', id: `conv-${attack.id}` },
        createdAtMs: begun,
        maxAtMs: at(attack.hour + 4),
        attempts: attack.blocked,
        history: [{ atMs: begun, to: state === 'active' ? 'active' : 'ended', by: 'engine', reason: 'risk 84' }],
        ...(state === 'ended' ? { endedAtMs, endReason: 'quiet' as const } : {}),
      });
      add({ kind: 'contraction', value }, state === 'ended' ? endedAtMs : begun + 2_000);
    });
    for (let call = 0; call < attack.blocked; call += 1) {
      const timeMs = at(attack.hour, 5 + call * 4);
      const verdict = attack.control.control === 'tool.requireApproval' ? 'needs_approval' : 'block';
      const action = { kind: 'tool' as const, name: attack.tool };
      const value = decision(`${attack.id}-d${call}`, verdict, { agentId: attack.agent, timeMs, action });
      add({ kind: 'decision', value }, timeMs + 500);
    }
    const { verdict } = attack;
    const value = incident(attack.id, verdict === undefined ? 2 : 3, {
      title: attack.title,
      severity: attack.severity,
      openedAtMs: begun,
      updatedAtMs: verdict === undefined ? begun + 60_000 : endedAtMs + 600_000,
      entities: [
        { tenant: 'default', type: 'agent', id: attack.agent },
        { tenant: 'default', type: 'user', id: attack.user },
      ],
      findings: findings.map(({ id, type, title, severity, confidence, timeMs }) => ({
        id,
        type,
        title,
        severity,
        confidence,
        timeMs,
        agentId: attack.agent,
        sessionId: `conv-${attack.id}`,
      })),
      pillars: [...new Set(attack.findings.map(([, pillar]) => pillar))],
      ...(verdict === undefined
        ? {}
        : {
            status: 'closed' as const,
            closedAtMs: endedAtMs + 600_000,
            verdict: { value: verdict, by: 'ann', reason: 'seen', atMs: endedAtMs + 600_000 },
          }),
    });
    add({ kind: 'incident', value: { ...value, version: 1, status: 'new' } }, begun + 3_000);
    add({ kind: 'incident', value }, value.updatedAtMs + 1_000);
  }
  return tables;
}
