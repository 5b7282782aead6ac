/** What ships compiles without a word, observes, and passes its own tests. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FINDING_TYPES } from '../../services/detect/detectors/table.js';
import { describeDiagnostic } from '../../services/respond/playbook/diagnostic.js';
import { loadPlaybooks } from '../../services/respond/playbook/load.js';
import { testPlaybook } from '../../services/respond/playbook/rehearsal.js';
import { settingAt } from '../../services/respond/playbook/types.js';

const { playbooks, correlations, diagnostics } = loadPlaybooks([join(import.meta.dirname, '..', '..', 'playbooks')], {
  findingTypes: FINDING_TYPES,
});

describe('the playbooks that ship', () => {
  it('compile without errors or warnings', () => {
    expect(diagnostics.map(describeDiagnostic)).toEqual([]);
    expect(playbooks.length).toBeGreaterThanOrEqual(17);
  });

  it('observe until someone promotes them', () => {
    for (const playbook of playbooks)
      expect([playbook.id, settingAt(playbook, 0).mode]).toEqual([playbook.id, 'observe']);
  });

  it('say what they are about, what looks like it, and have tests for doing something and for doing nothing', () => {
    for (const playbook of playbooks) {
      expect(playbook.tags.some((tag) => tag.startsWith('owasp.ASI'))).toBe(true);
      expect(playbook.description.length).toBeGreaterThan(50);
      for (const prefix of ['atlas.AML.T', 'owasp.ASI', 'pillar.'])
        expect([playbook.id, prefix, playbook.tags.some((tag) => tag.startsWith(prefix))]).toEqual([
          playbook.id,
          prefix,
          true,
        ]);
      expect([playbook.id, playbook.description]).toEqual([playbook.id, expect.stringContaining('To tune: ')]);
      expect([playbook.id, playbook.falsePositives.length > 0]).toEqual([playbook.id, true]);
      expect([playbook.id, playbook.tests.length >= 3]).toEqual([playbook.id, true]);
      const makes = playbook.tests.filter(({ timeline = [] }) =>
        timeline.some(({ expect: wanted }) => (wanted?.contractions ?? wanted?.active ?? 0) > 0),
      );
      const leaves = playbook.tests.filter(({ timeline = [] }) =>
        timeline.every(({ expect: wanted }) => (wanted?.contractions ?? 0) + (wanted?.active ?? 0) === 0),
      );
      expect([playbook.id, makes.length > 0, leaves.length > 0]).toEqual([playbook.id, true, true]);
    }
  });

  it.each(
    playbooks.flatMap((playbook) => playbook.tests.map((test) => [playbook.id, test.name, playbook, test] as const)),
  )('%s: %s', (_id, _name, playbook, test) => {
    expect(testPlaybook(playbook, test, correlations).faults).toEqual([]);
  });
});
