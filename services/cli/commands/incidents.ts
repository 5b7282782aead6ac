/** `stepdown incidents`: what happened, told as stories, and a person's verdict on them. */
import { type Command, Option } from 'commander';
import type { Incident } from '../../../schemas/incident.js';
import { printable } from '../../runtime/printable.js';
import type { CommandLine, Runner } from '../command-line.js';
import { limitOption, reasonOption } from '../options.js';
import type { Column } from '../table.js';
import { facts } from '../table.js';
import { paintSeverity } from '../palette.js';

export function addIncidents(program: Command, run: Runner): void {
  const incidents = program.command('incidents').description('list, read and close incidents');

  incidents
    .command('list', { isDefault: true })
    .description('incidents, newest first')
    .addOption(new Option('--status <status>', 'only these').choices(['new', 'active', 'closed']))
    .addOption(limitOption())
    .addHelpText('after', '\nExample:\n  stepdown incidents list --status active')
    .action(
      run(async (cli, options: { status?: string; limit: number }) => {
        const engine = await cli.engine();
        const found = await engine.list<Incident>('/v1/incidents', { status: options.status }, options.limit);
        cli.rows(columns(cli), found, 'No incidents.');
      }),
    );

  incidents
    .command('show')
    .description('the whole story of one incident')
    .argument('<id>', 'its id, as `incidents list` shows it; the beginning is enough where it is unique')
    .addHelpText('after', '\nExample:\n  stepdown incidents show 5f2c')
    .action(
      run(async (cli, id: string) => {
        const engine = await cli.engine();
        const incident = await engine.one<Incident>('/v1/incidents', id);
        cli.show(incident, () => story(incident, cli));
      }),
    );

  for (const [verb, description, example] of [
    ['ack', 'say that you have seen an incident', 'ack 5f2c --reason "looking into it"'],
    ['assign', 'give an incident to somebody', 'assign 5f2c --to ann@contoso.example --reason "knows the agent"'],
  ] as const) {
    const command = incidents
      .command(verb)
      .description(description)
      .argument('<id>', 'its id, or the beginning of it')
      .addOption(reasonOption());
    if (verb === 'assign') command.requiredOption('--to <person>', 'who works on it');
    command.addHelpText('after', `\nExample:\n  stepdown incidents ${example}`).action(
      run(async (cli, id: string, options: { reason: string; to?: string }) => {
        const engine = await cli.engine();
        const { id: whole } = await engine.one<Incident>('/v1/incidents', id);
        const answer = await engine.post(
          `/v1/incidents/${encodeURIComponent(whole)}/take`,
          { reason: options.reason, ...(options.to === undefined ? {} : { assignee: options.to }) },
          'taking an incident',
        );
        cli.show(answer, () =>
          options.to === undefined
            ? `Incident ${whole} is acknowledged.`
            : `Incident ${whole} is assigned to ${options.to}.`,
        );
      }),
    );
  }

  incidents
    .command('close')
    .description('judge an incident; a false or benign verdict lifts its contractions')
    .argument('<id>')
    .addOption(
      new Option('--verdict <verdict>', 'true: a real attack; false: a false alarm; benign: real but harmless')
        .choices(['true', 'false', 'benign'])
        .makeOptionMandatory(),
    )
    .addOption(reasonOption())
    .addHelpText(
      'after',
      '\nExample:\n  stepdown incidents close 5f2c --verdict false --reason "the test suite of team A"',
    )
    .action(
      run(async (cli, id: string, options: { verdict: string; reason: string }) => {
        const engine = await cli.engine();
        const { id: whole } = await engine.one<Incident>('/v1/incidents', id);
        const answer = await engine.post(
          `/v1/incidents/${encodeURIComponent(whole)}/close`,
          { verdict: options.verdict, reason: options.reason },
          'closing an incident',
        );
        cli.show(answer, () => `Incident ${whole} is closed (verdict ${options.verdict}).`);
      }),
    );
}

function columns(cli: CommandLine): Column<Incident>[] {
  return [
    { title: 'ID', value: ({ id }) => id.slice(0, 12), whole: true },
    {
      title: 'STATUS',
      value: ({ status, verdict }) => (verdict === undefined ? status : `${status} (${verdict.value})`),
      whole: true,
    },
    {
      title: 'SEVERITY',
      value: ({ severity }) => severity,
      whole: true,
      paint: (text, { severity }, paint) => paintSeverity(severity, text, paint),
    },
    { title: 'MODE', value: ({ mode }) => mode, whole: true },
    { title: 'UPDATED', value: ({ updatedAtMs }) => cli.time(updatedAtMs), whole: true },
    { title: 'FINDINGS', value: ({ findings }) => String(findings.length), align: 'right' },
    { title: 'TITLE', value: ({ title }) => title, min: 20 },
  ];
}

/** An incident as text: what it is, then what happened in order. */
export function story(incident: Incident, cli: Pick<CommandLine, 'time' | 'terminal'>): string {
  const { paint } = cli.terminal;
  const head = facts(
    [
      ['incident', incident.id],
      ['title', incident.title],
      ['status', incident.status],
      ['severity', incident.severity],
      ['seen by', incident.acknowledged && `${incident.acknowledged.by}, ${cli.time(incident.acknowledged.atMs)}`],
      ['assigned to', incident.assignee],
      ['told', incident.notify?.join(', ')],
      ['mode', incident.mode === 'observe' ? 'observe (nothing was restricted)' : 'enforce'],
      ['opened', cli.time(incident.openedAtMs)],
      ['updated', cli.time(incident.updatedAtMs)],
      ['closed', incident.closedAtMs === undefined ? undefined : cli.time(incident.closedAtMs)],
      [
        'verdict',
        incident.verdict === undefined
          ? undefined
          : `${incident.verdict.value} by ${incident.verdict.by}: ${incident.verdict.reason}`,
      ],
      ['entities', incident.entities.map(({ type, id }) => `${type}:${id}`).join(', ')],
      ['playbooks', incident.playbooks.map(({ name, version }) => `${name} v${version}`).join(', ')],
      ['contractions', incident.contractionIds.join(', ')],
      ['ATLAS', incident.atlas.join(', ')],
      ['OWASP', incident.owasp.join(', ')],
      ['pillars', incident.pillars.join(', ')],
      ['traces', incident.traceIds.join(', ')],
      [
        'exception',
        incident.exception === undefined
          ? undefined
          : `proposed for ${incident.exception.playbookId} until ${cli.time(incident.exception.expiresAtMs)}: ${incident.exception.when}`,
      ],
      [
        'held back',
        incident.digestOf === undefined
          ? undefined
          : `${incident.digestOf.heldBack} more of ${incident.digestOf.playbookId} since ${cli.time(incident.digestOf.sinceMs)}`,
      ],
    ],
    paint,
  );
  const timeline = incident.timeline.map(
    ({ atMs, kind, text }) =>
      `  ${paint('dim', cli.time(atMs))}  ${paint('bold', kind.padEnd(11))}  ${printable(text)}`,
  );
  if (incident.timelineDropped > 0)
    timeline.push(`  … ${incident.timelineDropped} more entries are in the audit stream`);
  return `${head}\n\n${paint('bold', 'What happened')}\n${timeline.join('\n')}`;
}
