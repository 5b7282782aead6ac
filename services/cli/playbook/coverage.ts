/**
 * What a set of playbooks covers, as Markdown: OWASP's risks of agentic applications against detectors and playbooks, and
 * what each control answers, by pillar. Made from the playbooks themselves, so it says what is not covered too.
 */
import { PILLARS } from '../../../schemas/common.js';
import { DETECTORS } from '../../detect/detectors/table.js';
import type { CompiledCorrelation } from '../../respond/playbook/correlation.js';
import { controlNameOf } from '../../respond/playbook/controls.js';
import type { CompiledPlaybook } from '../../respond/playbook/types.js';

/** OWASP Top 10 for Agentic Applications (2026). */
export const AGENTIC_RISKS: readonly (readonly [id: string, name: string])[] = [
  ['ASI01', 'Agent goal hijack'],
  ['ASI02', 'Tool misuse and exploitation'],
  ['ASI03', 'Identity and privilege abuse'],
  ['ASI04', 'Agentic supply chain vulnerabilities'],
  ['ASI05', 'Unexpected code execution'],
  ['ASI06', 'Memory and context poisoning'],
  ['ASI07', 'Insecure inter-agent communication'],
  ['ASI08', 'Cascading failures'],
  ['ASI09', 'Human-agent trust exploitation'],
  ['ASI10', 'Rogue agents'],
];

const tagged = (playbook: CompiledPlaybook, prefix: string): string[] =>
  playbook.tags.filter((tag) => tag.startsWith(prefix)).map((tag) => tag.slice(prefix.length));

const list = (items: readonly string[]): string => [...new Set(items)].sort().join(', ') || '–';

/** The detectors whose findings a playbook fires on, also by way of a correlation. A risk is made of all of them. */
function detectorsOf(playbook: CompiledPlaybook, correlations: readonly CompiledCorrelation[]): string[] {
  const { trigger } = playbook.shipped;
  if (trigger.kind === 'alert') return ['(other products)'];
  if (trigger.kind === 'risk') return ['(all, by risk)'];
  const parts = correlations
    .filter(({ emits }) => trigger.matches(emits))
    .flatMap(({ rule }) =>
      rule.kind === 'count' ? [rule.part] : rule.kind === 'sequence' ? rule.parts : [rule.after, rule.of],
    );
  return DETECTORS.filter(({ finds }) =>
    finds.some((type) => trigger.matches(type) || parts.some(({ matches }) => matches(type))),
  ).map(({ name }) => name);
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export function coverageDocument(
  playbooks: readonly CompiledPlaybook[],
  correlations: readonly CompiledCorrelation[],
): string {
  const risks = AGENTIC_RISKS.map(([id, name]) => {
    const covering = playbooks.filter((playbook) => tagged(playbook, 'owasp.').includes(id));
    return row(
      id,
      name,
      list(covering.flatMap((playbook) => detectorsOf(playbook, correlations))),
      list(covering.map((playbook) => `\`${playbook.id}\``)),
    );
  });
  const answers = PILLARS.flatMap((pillar) => {
    const own = playbooks.filter((playbook) => tagged(playbook, 'pillar.').includes(pillar));
    const controls = [...new Set(own.flatMap(({ templates }) => templates.map(controlNameOf)))].sort();
    if (controls.length === 0) return [row(pillar, '–', '–', '–', '–')];
    return controls.map((control) => {
      const using = own.filter(({ templates }) => templates.some((template) => controlNameOf(template) === control));
      return row(
        pillar,
        `\`${control}\``,
        list(using.map(({ target }) => target)),
        using.map(({ title }) => title).join('; '),
        list(using.flatMap((playbook) => tagged(playbook, 'atlas.'))),
      );
    });
  });
  const silent = DETECTORS.flatMap(({ name, finds }) =>
    finds
      .filter(
        (type) =>
          !playbooks.some(({ shipped: { trigger } }) => trigger.kind === 'finding' && trigger.matches(type)) &&
          !correlations.some(({ rule }) => rule.kind === 'count' && rule.part.matches(type)),
      )
      .map((type) => `\`${type}\` (${name})`),
  );
  return `# What the playbooks cover

Made by \`stepdown playbook coverage\` from the playbooks that ship; CI compares. A dash is a gap, and is meant to be seen.

## Risks of agentic applications

| risk | name (OWASP) | detectors | playbooks |
|---|---|---|---|
${risks.join('\n')}

## Pillars, controls and what they answer

| pillar | control | on | the adversary's action it answers | ATLAS |
|---|---|---|---|---|
${answers.join('\n')}

## Findings no playbook acts on by itself

They raise risk, which \`high-risk-session\` acts on, or are weak alone: ${silent.join(', ') || 'none'}.
`;
}
