/** The same playbook in another mode; what an operator switched off stays off. */
import type { CompiledPlaybook, Mode } from './types.js';

export function inMode(playbook: CompiledPlaybook, mode: Mode): CompiledPlaybook {
  const { override } = playbook;
  return {
    ...playbook,
    shipped: { ...playbook.shipped, mode },
    override: override && override.mode !== 'off' ? { ...override, mode, agents: undefined } : override,
  };
}
