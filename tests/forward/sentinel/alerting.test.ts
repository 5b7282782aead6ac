/**
 * What the analytics rules alert on, run over rows as the sink makes them: on the first version and on a rise, once, whatever
 * the order, the repeats and the delays; and on nothing else, above all not on our own closing.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEVERITIES, type Severity } from '../../../schemas/common.js';
import type { Incident } from '../../../schemas/incident.js';
import { severityRank } from '../../../services/forward/record.js';
import { severityName } from '../../../services/forward/sentinel/alerting.js';
import { analyticsRules } from '../../../services/forward/sentinel/content/rules.js';
import { DEFAULT_SETTINGS } from '../../../services/forward/sentinel/content/settings.js';
import type { Before } from '../../../services/forward/sink.js';
import { incident } from '../incident.js';
import { keptRow, noRows, sentRow } from './kept-rows.js';
import { evaluate, type Row } from './kql/evaluate.js';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5, 8);
const RULES = analyticsRules(DEFAULT_SETTINGS);

interface Alert {
  rule: string;
  incidentId: string;
  severity: string;
  atMs: number;
}

/** A workspace whose rules run every five minutes over what has been ingested by then. */
class Workspace {
  readonly rows: { row: Row; sentAtMs: number; ingestedAtMs: number }[] = [];
  readonly alerts: Alert[] = [];
  readonly #raised: Row[] = [];

  send(value: Incident, before: Before | undefined, sentAtMs: number, delayMs: number): void {
    const row = sentRow({ kind: 'incident', value }, before, sentAtMs);
    const ingestedAtMs = sentAtMs + delayMs;
    this.rows.push({ row: keptRow('incident', row, ingestedAtMs), sentAtMs, ingestedAtMs });
  }

  run(untilMs: number): void {
    for (let atMs = START; atMs <= untilMs; atMs += 5 * MINUTE) {
      const visible = this.rows.filter(
        ({ ingestedAtMs, sentAtMs }) => ingestedAtMs <= atMs && sentAtMs > atMs - 86_400_000,
      );
      if (visible.length === 0) continue;
      const tables = {
        ...noRows(),
        SecurityAlert: [...this.#raised],
        StepdownIncidents_CL: visible.map(({ row }) => row),
      };
      for (const { key, query } of RULES)
        for (const found of evaluate(query, tables, new Date(atMs))) {
          this.alerts.push({
            rule: key,
            incidentId: found['IncidentId'] as string,
            severity: found['AlertSeverity'] as string,
            atMs,
          });
          this.#raised.push({
            TimeGenerated: new Date(atMs + MINUTE),
            ExtendedProperties: JSON.stringify({
              'Custom Details': JSON.stringify({ AlertId: [found['AlertId']], IncidentId: [found['IncidentId']] }),
            }),
          });
        }
    }
  }
}

/** What the sink remembers of an incident after it sent a version. */
function after(before: Before | undefined, { version, severity }: Incident): Before {
  const known = before?.severity;
  return {
    version,
    severity: known !== undefined && severityRank(known) > severityRank(severity) ? known : severity,
    severities: [...new Set([...(before?.severities ?? []), severity])],
  };
}

describe('rules over rows', () => {
  it('keep what an alert carries within what the service keeps of it, however long the story', () => {
    const many = (name: string) => Array.from({ length: 60 }, (_, at) => `${name}-${at}-${'é'.repeat(20)}`);
    const value = incident('f'.repeat(32), 1, {
      severity: 'high',
      tenant: 't'.repeat(300),
      title: 'x'.repeat(900),
      entities: ['agent', 'session'].flatMap((type) =>
        many(type).map((id) => ({ tenant: 't', type: type as 'agent' | 'session', id })),
      ),
      atlas: many('AML'),
      owasp: many('ASI'),
      playbooks: many('playbook').map((id) => ({ id, name: id, version: 1 })),
      contractionIds: many('contraction'),
    });
    const row = {
      ...sentRow({ kind: 'incident', value }, undefined, START),
      ExplainLink: `https://stepdown.example/${'p'.repeat(900)}`,
    };
    const tables = { ...noRows(), SecurityAlert: [], StepdownIncidents_CL: [keptRow('incident', row, START)] };
    const rule = RULES.find(({ severity }) => severity === 'High');
    const [alert] = evaluate(rule?.query ?? '', tables, new Date(START + MINUTE));
    const details = Object.entries(rule?.customDetails ?? {}).map(([key, column]) => [key, [String(alert?.[column])]]);
    expect(Buffer.byteLength(JSON.stringify(Object.fromEntries(details)))).toBeLessThan(2_048);
    expect(alert).toMatchObject({ IncidentId: value.id, ExplainLink: '' });
    expect(String(alert?.['AgentList'])).toMatch(/^agent-0-é+, .*…$/);
    const { alertDisplayNameFormat } = rule?.alertDetailsOverride ?? {};
    const name = alertDisplayNameFormat?.replace(/{{(\w+)}}/g, (_, column: string) => String(alert?.[column]));
    expect(name?.length).toBeLessThanOrEqual(256);
    expect(name).toMatch(new RegExp(`\\[stepdown:${value.id}\\]$`));
  });

  it('alert on the first version and on a rise, with its severity, in one rule; not on the closing', () => {
    const there = new Workspace();
    let before: Before | undefined;
    const states: Partial<Incident>[] = [
      { severity: 'medium' },
      { severity: 'medium', contractionIds: ['c1', 'c2'] },
      { severity: 'high' },
      { severity: 'high', status: 'closed', closedAtMs: START },
    ];
    states.forEach((changes, index) => {
      const value = incident('a', index + 1, changes);
      there.send(value, before, START + index * 30 * MINUTE, MINUTE);
      before = after(before, value);
    });
    there.run(START + 6 * 60 * MINUTE);
    expect(there.alerts.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['medium', 'Medium'],
      ['medium', 'High'],
    ]);
  });

  it('alert once for a row that comes twice, and for one that comes hours late', () => {
    const there = new Workspace();
    there.send(incident('twice'), undefined, START, MINUTE);
    there.send(incident('twice'), undefined, START + 3 * MINUTE, 40 * MINUTE);
    there.send(incident('late'), undefined, START, 5 * 60 * MINUTE);
    there.run(START + 8 * 60 * MINUTE);
    expect(there.alerts.map(({ incidentId }) => incidentId)).toEqual(['twice', 'late']);
    expect(there.alerts[1]?.atMs).toBe(START + 5 * 60 * MINUTE);
  });

  it('alert on what was sent after an outage of an hour', () => {
    const there = new Workspace();
    there.send(incident('a', 1, { openedAtMs: START, updatedAtMs: START }), undefined, START + 60 * MINUTE, MINUTE);
    there.run(START + 3 * 60 * MINUTE);
    expect(there.alerts).toMatchObject([{ incidentId: 'a', atMs: START + 65 * MINUTE }]);
  });

  it('alert on what came through first where the first version was refused or given up', () => {
    const there = new Workspace();
    there.send(incident('a', 2), { version: 1, severities: ['high'] }, START, MINUTE);
    there.run(START + 60 * MINUTE);
    expect(there.alerts).toMatchObject([{ rule: 'high', incidentId: 'a' }]);
  });

  it('call nobody for what was judged harmless before anybody there heard of it', () => {
    const there = new Workspace();
    const verdict = { value: 'benign' as const, by: 'ann', reason: 'a red team', atMs: START };
    there.send(incident('a', 3, { status: 'closed', verdict }), undefined, START, MINUTE);
    there.send(incident('b', 3, { status: 'closed', mergedInto: 'a' }), undefined, START, MINUTE);
    there.run(START + 60 * MINUTE);
    expect(there.alerts).toEqual([]);
  });

  it('whatever an incident goes through: one rule, one alert a rise, none for anything else', () => {
    const step = fc.record({
      severity: fc.constantFrom<Severity>(...SEVERITIES),
      closed: fc.boolean(),
      pauseMinutes: fc.integer({ min: 0, max: 90 }),
      delayMinutes: fc.integer({ min: 0, max: 20 }),
      repeats: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        const there = new Workspace();
        let before: Before | undefined;
        let atMs = START;
        const wanted: string[] = [];
        steps.forEach(({ severity, closed, pauseMinutes, delayMinutes, repeats }, index) => {
          atMs += pauseMinutes * MINUTE;
          const value = incident('a', index + 1, {
            severity,
            ...(closed ? { status: 'closed', closedAtMs: atMs } : {}),
          });
          for (let copy = 0; copy <= repeats; copy += 1)
            there.send(value, before, atMs, (delayMinutes + copy * 7) * MINUTE);
          const known = before?.severity;
          const rises = known === undefined || severityRank(severity) > severityRank(known);
          if (rises) wanted.push(severityName(severity));
          before = after(before, value);
        });
        there.run(atMs + 60 * MINUTE);
        expect(there.alerts.map(({ severity }) => severity).sort()).toEqual([...wanted].sort());
        expect(new Set(there.alerts.map(({ rule }) => rule)).size).toBe(1);
        expect(there.alerts[0]?.rule).toBe(steps[0]?.severity);
      }),
      { numRuns: 40 },
    );
  });
});
