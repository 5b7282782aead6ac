/** Overrides for tests in which contractions are more than notes. */
import { join } from 'node:path';
import { loadPlaybooks } from '../../services/respond/playbook/load.js';
import { packageRoot } from '../../services/runtime/package-root.js';

/** Every shipped playbook enforced, so that contractions are more than notes. */
export function enforceAll(): string {
  const { playbooks } = loadPlaybooks([join(packageRoot(), 'playbooks')], {});
  const lines = playbooks.map((p) => `  ${p.id}: {mode: enforce, reason: crash test, owner: tests}`);
  return `apiVersion: stepdown/v1\nkind: Overrides\nplaybooks:\n${lines.join('\n')}\n`;
}
