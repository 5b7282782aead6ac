/** An explanation as a tree that people read: what each playbook asked, what it saw, what came of it. */
import type { Check, PlaybookExplanation } from '../../schemas/explanation.js';
import type { Explained } from '../gateway/api/explain.js';
import { printable } from '../runtime/printable.js';
import type { CommandLine } from './command-line.js';
import type { Paint } from './terminal.js';

/** What `GET /v1/explain/{id}` answers, or that nothing is known of the id. */
export interface Subject extends Omit<Explained, 'kind'> {
  kind: Explained['kind'] | 'nothing';
}

type Cli = Pick<CommandLine, 'time' | 'terminal'>;

const OUTCOMES: Readonly<Record<PlaybookExplanation['outcome'], string>> = {
  contracted: 'contracted',
  repeated: 'renewed what was there',
  waits: 'waits for a person',
  incident: 'raised an incident',
  nothing: 'did nothing',
};

function valuesText(values: Check['values']): string {
  const entries = Object.entries(values ?? {});
  return entries.length === 0
    ? ''
    : `  (${entries.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(', ')})`;
}

function checkLines({ check, pass, text, values, parts }: Check, indent: string, paint: Paint): string[] {
  const mark = pass ? paint('green', 'PASS') : paint('red', 'FAIL');
  const name = parts === undefined && check !== 'when' ? `${check}: ` : '';
  return [
    `${indent}${mark} ${printable(`${name}${text}`)}${paint('dim', printable(valuesText(values)))}`,
    ...(parts ?? []).flatMap((part) => checkLines(part, `${indent}  `, paint)),
  ];
}

function playbookLines(playbook: PlaybookExplanation, paint: Paint): string[] {
  const { id, version, mode, outcome, contractionIds, checks } = playbook;
  const done = `${OUTCOMES[outcome]}${mode === 'observe' && outcome !== 'nothing' ? ', observing only' : ''}`;
  const made = contractionIds.length === 0 ? '' : `: ${contractionIds.join(', ')}`;
  return [
    `  ${paint('bold', printable(`${id} v${version}`))} ${paint(outcome === 'nothing' ? 'dim' : 'yellow', `${done}${made}`)}`,
    ...checks.flatMap((check) => checkLines(check, '    ', paint)),
  ];
}

function headOf(subject: Subject, cli: Cli): string[] {
  const { contraction, incident, decision } = subject;
  if (contraction) {
    const { state, mode, playbook, manual, endReason } = contraction;
    const from = playbook
      ? `${playbook.id} v${playbook.version}`
      : `${manual?.by ?? 'a person'}: ${manual?.reason ?? ''}`;
    return [
      `contraction ${contraction.id}: ${state}${endReason === undefined ? '' : ` (${endReason})`}, ${mode}, from ${from}`,
      ...contraction.history.map(({ atMs, to, by, reason }) => `  ${cli.time(atMs)}  ${to} by ${by}: ${reason}`),
    ].map(printable);
  }
  if (incident) return [printable(`incident ${incident.id}: ${incident.title} (${incident.status})`)];
  if (decision)
    return [
      printable(`decision ${decision.id}: ${decision.verdict}, ${decision.reason.text}`),
      ...decision.notChecked.map(({ check, reason }) => printable(`  not checked: ${check}, ${reason}`)),
    ];
  return [];
}

export function explanationText(subject: Subject, listeners: (type: string) => string[], cli: Cli): string {
  const { paint } = cli.terminal;
  const told = new Set(subject.explanations.map(({ id }) => id));
  const blocks = [...subject.explanations]
    .sort((a, b) => a.atMs - b.atMs)
    .map((explanation) =>
      [
        paint('bold', printable(`${cli.time(explanation.atMs)}  ${explanation.title} (${explanation.type})`)),
        printable(`  agent ${explanation.agentId}, session ${explanation.sessionId}, event ${explanation.eventId}`),
        ...explanation.playbooks.flatMap((playbook) => playbookLines(playbook, paint)),
      ].join('\n'),
    );
  const silent = subject.findings
    .filter(({ id }) => !told.has(id) && subject.explanations.length === 0)
    .map(({ title, type }) => {
      const listening = listeners(type);
      const why =
        listening.length === 0
          ? `no playbook listens to ${type}`
          : `${listening.join(', ')} listen now, and did not when it was made (or it is older than what is kept)`;
      return printable(`${title} (${type}): ${why}.`);
    });
  const none =
    blocks.length + silent.length === 0 ? ['No playbook was asked about it, or it is older than what is kept.'] : [];
  return [headOf(subject, cli).join('\n'), ...blocks, ...silent, ...none].filter((block) => block !== '').join('\n\n');
}

/** No finding: nothing was there for a playbook to look at. */
export function quietText(subject: Subject, listeners: (type: string) => string[], cli: Cli): string {
  if (subject.kind === 'nothing')
    return printable(
      `Nothing is known of ${subject.id}: no contraction, incident, finding or decision has this id, and no finding was made on an event of this id. An event that no detector said anything about leaves none.`,
    );
  return explanationText(subject, listeners, cli);
}
