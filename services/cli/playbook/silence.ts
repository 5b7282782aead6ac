/** What it means that a playbook contracted nothing in a recording: it is in nobody's way, and nothing shows that it works. */
import type { CompiledPlaybook } from '../../respond/playbook/types.js';
import { length } from '../time.js';
import type { History } from './history.js';

/** @returns `undefined` where it contracted something */
export function silenceOf({ summary, playbooks }: History, playbook: CompiledPlaybook): string | undefined {
  if ((playbooks[playbook.id]?.contractions ?? 0) > 0) return undefined;
  const { events, agents, sessions, firstEventMs = 0, lastEventMs = 0 } = summary;
  const of = `${events} events of ${agents} agents in ${sessions} conversations, ${length(lastEventMs - firstEventMs)}`;
  return `In this recording (${of}) it contracted nothing. ${reasonOf(summary.findings, playbook)}`;
}

function reasonOf(findings: Readonly<Record<string, number>>, { id, shipped: { trigger } }: CompiledPlaybook): string {
  const proof = `only its tests say that it acts (\`stepdown playbook test\`)`;
  if (trigger.kind !== 'finding')
    return `Nothing met its trigger, a ${trigger.kind}: it is in nobody's way, and ${proof}.`;
  const met = Object.entries(findings).filter(([type]) => trigger.matches(type));
  if (met.length === 0)
    return `No finding of its trigger (${trigger.types.join(', ')}) came: it is in nobody's way, and ${proof}.`;
  const came = met.map(([type, count]) => `${type} ${count}`).join(', ');
  return `Findings of its trigger came (${came}), and its condition, an exception, hours or what they name held it back each time: \`stepdown playbook simulate ${id} --why\` says what it asks, and in the running engine \`stepdown explain\` of a finding what was not met.`;
}
