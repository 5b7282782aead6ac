/** Why a playbook made nothing of the last thing that it listens to, in the words of what held it back. */
import type { Check, Explanation } from '../../../schemas/explanation.js';
import type { CompiledPlaybook } from './types.js';

/**
 * @param explanations of every finding so far, the oldest first
 * @returns `undefined` where it did something
 */
export function idleReason({ id, shipped }: CompiledPlaybook, explanations: Iterable<Explanation>): string | undefined {
  const last = [...explanations].flatMap(({ playbooks }) => playbooks.filter((each) => each.id === id)).at(-1);
  if (last === undefined) return `nothing came that it listens to: ${triggerText(shipped.trigger)}`;
  return last.outcome === 'nothing' ? heldBackBy(last.checks).join('; ') : undefined;
}

/** The checks that failed, of a tree of them the innermost. */
function heldBackBy(checks: readonly Check[]): string[] {
  return checks.flatMap((check) => {
    if (check.pass) return [];
    const parts = heldBackBy(check.parts ?? []);
    return parts.length > 0 ? parts : [`${check.text}${valuesText(check.values)}`];
  });
}

function triggerText(trigger: CompiledPlaybook['shipped']['trigger']): string {
  if (trigger.kind === 'finding') return `a finding ${trigger.types.join(', ')}`;
  return trigger.kind === 'risk' ? `the risk of a ${trigger.entity}` : `an alert titled ${trigger.title}`;
}

const valuesText = (values: Check['values']): string =>
  values === undefined
    ? ''
    : `, ${Object.entries(values)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}`;
