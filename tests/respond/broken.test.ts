/**
 * Broken playbooks, each beside the exact words that a person gets for it. `UPDATE_BROKEN=1` writes the words anew; read
 * them before they are checked in.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FINDING_TYPES } from '../../services/detect/detectors/table.js';
import { describeDiagnostic } from '../../services/respond/playbook/diagnostic.js';
import { compilePlaybooks } from '../../services/respond/playbook/load.js';

const folder = join(import.meta.dirname, 'broken');
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .sort();
/** Types are many and grow; a list of all of them in a golden file would change with each. */
const known = FINDING_TYPES.filter((type) => /^(injection|taint|tool|novelty)\./.test(type));

describe('broken playbooks', () => {
  it('are at least ninety', () => {
    expect(files.length).toBeGreaterThanOrEqual(90);
  });

  it.each(files)('%s', (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const { diagnostics } = compilePlaybooks([{ file: name, text }], undefined, { findingTypes: known });
    const said = `${diagnostics.map(describeDiagnostic).join('\n')}\n`;
    const golden = join(folder, name.replace(/\.yaml$/, '.expected'));
    if (process.env['UPDATE_BROKEN'] === '1') writeFileSync(golden, said);
    expect(said).toBe(readFileSync(golden, 'utf8'));
    // Each says where, by a code that stays, and how to mend it.
    for (const { place, code, mend } of diagnostics) {
      expect([code, typeof place.line, typeof place.column]).toEqual([code, 'number', 'number']);
      expect([code, mend]).toEqual([code, expect.any(String)]);
    }
    expect(diagnostics.length).toBeGreaterThan(0);
  });
});
