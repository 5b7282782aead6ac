/** The documents that are made from schemas and playbooks are what the program makes now: `npx vitest run -u` mends them. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FINDING_TYPES } from '../../../services/detect/detectors/table.js';
import { AGENTIC_RISKS, coverageDocument } from '../../../services/cli/playbook/coverage.js';
import { referenceDocument } from '../../../services/cli/playbook/reference.js';
import { loadPlaybooks } from '../../../services/respond/playbook/load.js';

const root = join(import.meta.dirname, '..', '..', '..');
const docs = (name: string) => join(root, 'docs', 'playbooks', name);
const { playbooks, correlations } = loadPlaybooks([join(root, 'playbooks')], { findingTypes: FINDING_TYPES });

describe('documents made of the playbook language', () => {
  it('docs/playbooks/reference.md', async () => {
    await expect(referenceDocument()).toMatchFileSnapshot(docs('reference.md'));
  });
  it('docs/playbooks/coverage.md', async () => {
    await expect(coverageDocument(playbooks, correlations)).toMatchFileSnapshot(docs('coverage.md'));
  });
  it('every risk has a playbook that ships', () => {
    const bare = AGENTIC_RISKS.filter(([id]) => !playbooks.some(({ tags }) => tags.includes(`owasp.${id}`)));
    expect(bare.map(([id]) => id)).toEqual([]);
  });
});
