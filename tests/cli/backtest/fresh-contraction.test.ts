/**
 * A call that only its own findings stop is what their contraction stands on: it is found again when it is recorded, and the
 * contraction, its incident and its end are made. Left out as an attempt, the next calls would have run.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionLine } from '../../../services/cli/backtest/decision-line.js';
import { stepdown } from '../captured.js';

const CALLS = 60;
const PLAYBOOK = (type: string) => `apiVersion: stepdown/v1
kind: Playbook
id: stop
title: Far too many
version: 1
trigger: {finding: ${type}}
target: session
contract: [{tool.block: {tools: observed}}]
revert: {until: sessionEnd, max: 8h}
incident: {severity: high}
`;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepdown-fresh-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function played(
  type: string,
  everyMs: number,
): Promise<{ lines: DecisionLine[]; said: Record<string, unknown> }> {
  const at = (name: string) => join(folder, name);
  writeFileSync(at('stop.yaml'), PLAYBOOK(type));
  const events = Array.from({ length: CALLS }, (_, index) => {
    const common = { agent: { id: 'cleaner' }, session: { id: 'c' }, tool: 'delete_record', toolCallId: `k${index}` };
    const timeMs = Date.UTC(2030, 0, 1) + index * everyMs;
    return [
      { ...common, id: `c${index}`, kind: 'tool.call', timeMs, arguments: { record: `${900 + index}` } },
      { ...common, id: `r${index}`, kind: 'tool.result', timeMs: timeMs + everyMs / 2, text: 'deleted' },
    ];
  }).flat();
  writeFileSync(at('in.jsonl'), events.map((event) => JSON.stringify(event)).join('\n'));
  const { out, err } = await stepdown(
    [
      'backtest',
      '--telemetry',
      at('in.jsonl'),
      '--playbooks',
      at('stop.yaml'),
      '--decisions',
      at('out.jsonl'),
      '--json',
    ],
    {},
  );
  expect(err).toBe('');
  const lines = readFileSync(at('out.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as DecisionLine);
  return { lines, said: JSON.parse(out) as Record<string, unknown> };
}

describe('what detectors that count find at a call', () => {
  it('is contracted for good: that call is stopped and every one after it, by one contraction of one incident', async () => {
    const { lines, said } = await played('enumeration.sweep', 1_400);
    const first = lines.findIndex(({ decision }) => decision === 'block');
    expect(first).toBeGreaterThan(5);
    expect(lines.slice(first).map(({ decision }) => decision)).toEqual(Array<string>(CALLS - first).fill('block'));
    expect(new Set(lines.flatMap(({ contractions }) => contractions)).size).toBe(1);
    expect(said).toMatchObject({ contractions: { stop: 1 }, incidents: 1 });
  });
});
