import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Contraction } from '../../schemas/contraction.js';
import type { Incident } from '../../schemas/incident.js';
import { type SentinelRows, sentinelRowsText } from '../../services/cli/demo/sentinel-rows.js';
import { EXIT } from '../../services/cli/exit.js';
import { plain } from '../../services/cli/terminal.js';
import { stepdown } from './captured.js';

describe('the demo', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepdown-demo-test-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('shows the loop within half a minute, and leaves an incident that tells it', { timeout: 60_000 }, async () => {
    const begunAt = performance.now();
    const { code, out, err } = await stepdown(['demo', '--json', '--sentinel-rows', '--data-dir', folder]);
    expect(code, err).toBe(EXIT.ok);
    expect(performance.now() - begunAt).toBeLessThan(30_000);
    const told = JSON.parse(out) as {
      incident: Incident;
      contraction: Contraction;
      stolen: number;
      sentinel: SentinelRows;
    };
    expect(told.stolen).toBe(0);
    expect(told.contraction).toMatchObject({ state: 'ended', endReason: 'quiet', mode: 'enforce' });
    expect(err).toMatch(/✗ blocked send_money[\s\S]*✓ ran +read_file[\s\S]*reverted[\s\S]*✓ ran +send_money/);
    const shown = await stepdown(['incidents', 'show', told.incident.id.slice(0, 8), '--data-dir', folder]);
    expect(shown.code).toBe(EXIT.ok);
    expect(shown.out).toMatch(/finding[\s\S]*contraction[\s\S]*attempt[\s\S]*revert/);

    const of = (table: string) => told.sentinel[`Stepdown${table}_CL`] ?? [];
    expect(of('Incidents').filter(({ AlertReason }) => AlertReason !== undefined)).toMatchObject([
      { IncidentId: told.incident.id, AlertReason: 'first', RecordVersion: 1 },
    ]);
    expect(of('Incidents').at(-1)).toMatchObject({ RecordVersion: told.incident.version });
    expect(of('Findings').map(({ FindingId }) => FindingId)).toEqual(told.incident.findings.map(({ id }) => id));
    expect(of('Contractions').map(({ ContractionState }) => ContractionState)).toEqual(['active', 'active', 'ended']);
    expect(of('Decisions')).toMatchObject([{ DecisionVerdict: 'block', ActionName: 'send_money' }]);
    const printed = sentinelRowsText(told.sentinel, { width: 100, paint: plain });
    expect(printed).toMatch(/StepdownIncidents_CL {2}\d+ rows?\nEventTime .*AlertReason[\s\S]*\bfirst\b[\s\S]*ended/);
    expect(printed).toMatch(/AlertReason: here 1 of \d/);
    for (const line of printed.split('\n').filter((text) => /^\d\d:/.test(text)))
      expect(line.length).toBeLessThanOrEqual(100);
  });
});
