/** The workbook's parts over sample rows: what they come to, and the picture of it in the documents. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PILLARS } from '../../../../schemas/common.js';
import { PARTS } from '../../../../services/forward/sentinel/content/workbook.js';
import type { Span } from '../kql/evaluate.js';
import { evaluate } from '../kql/evaluate.js';
import { NOW, sampleRows } from './sample-rows.js';
import { NOTE, workbookPicture } from './workbook.js';

const DOCS = join(import.meta.dirname, '..', '..', '..', '..', 'docs');
const rows = sampleRows();
const part = (key: string) => evaluate(PARTS.find((each) => each.key === key)?.query ?? '', rows, NOW);

describe('the workbook over sample rows, each of which came twice', () => {
  it('lists each incident once, as it stands, newest first', () => {
    expect(
      part('incidents').map(({ IncidentId, IncidentStatus, Verdict }) => [IncidentId, IncidentStatus, Verdict]),
    ).toEqual([
      ['inc-3', 'active', undefined],
      ['inc-2', 'closed', 'benign'],
      ['inc-1', 'closed', 'true'],
    ]);
  });

  it('adds up the risk of an agent by the hour, each finding once', () => {
    const risk = part('risk-by-agent').map(({ AgentName, Risk }) => [AgentName, Risk]);
    // 1 − (1 − 0.97)(1 − 0.93); medium counts 0.6, low 0.3.
    expect(risk[0]).toEqual(['mail-assistant', 99.8]);
    expect(risk[1]).toEqual(['code-reviewer', Math.round(1000 * (1 - (1 - 0.71 * 0.6) * (1 - 0.55 * 0.3))) / 10]);
    expect(risk).toHaveLength(4);
  });

  it('shows what restricts now, with the time it has left', () => {
    const [only, ...more] = part('active-contractions');
    expect(more).toEqual([]);
    expect(only).toMatchObject({ Target: 'conv-inc-3', ControlNames: ['tool.requireApproval'], Attempts: 4 });
    expect((only?.['TimeLeft'] as Span).ms).toBe(2 * 3_600_000);
  });

  it('counts calls, findings and pillars once each', () => {
    expect(
      part('blocked-calls').map(({ ActionName, DecisionVerdict, Calls }) => [ActionName, DecisionVerdict, Calls]),
    ).toEqual([
      ['send_money', 'block', 7],
      ['http_post', 'needs_approval', 4],
      ['run_shell', 'block', 3],
    ]);
    expect(part('top-findings')[0]).toMatchObject({ Findings: 2, AgentCount: 1 });
    const pillars = part('coverage-by-pillar');
    expect(pillars.map(({ Pillar }) => Pillar).sort()).toEqual([...PILLARS].sort());
    expect(pillars.find(({ Pillar }) => Pillar === 'network')).toMatchObject({
      Findings: 2,
      IncidentsWithRestrictions: 1,
    });
    expect(pillars.find(({ Pillar }) => Pillar === 'governance')).toMatchObject({
      Findings: 0,
      IncidentsWithRestrictions: 0,
    });
  });

  it('is in the documents as it is drawn (`-u` draws it anew), and says what it is', async () => {
    await expect(workbookPicture()).toMatchFileSnapshot(join(DOCS, 'sentinel-workbook.svg'));
    expect(workbookPicture()).toContain(NOTE);
    expect(readFileSync(join(DOCS, 'sentinel.md'), 'utf8')).toContain('](sentinel-workbook.svg)');
  });
});
