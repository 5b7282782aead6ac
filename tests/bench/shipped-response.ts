import { join } from 'node:path';
import { createRespondMachine } from '../../services/respond/machine.js';
import { loadPlaybooks } from '../../services/respond/playbook/load.js';
import { packageRoot } from '../../services/runtime/package-root.js';

/** Response as a default installation has it, with every playbook that ships enforced. */
export function shippedResponse(): ReturnType<typeof createRespondMachine> {
  const { playbooks } = loadPlaybooks([join(packageRoot(), 'playbooks')], { mode: 'enforce' });
  return createRespondMachine({
    playbooks,
    riskHalfLifeMs: 600_000,
    leaseMs: 300_000,
    incidentsPerPlaybookPerHour: 20,
  });
}
