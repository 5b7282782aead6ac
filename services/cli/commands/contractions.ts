/** `stepdown contractions` and `stepdown contain`: what is restricted, and a person's own hand on it. */
import { type Command, Option } from 'commander';
import type { Contraction } from '../../../schemas/contraction.js';
import { printable } from '../../runtime/printable.js';
import type { CommandLine, Runner } from '../command-line.js';
import { CONTROL_SYNTAX, parseControl, parseEntity, parseLength } from '../control-argument.js';
import { controlText } from '../control-text.js';
import { invocation } from '../invocation.js';
import { collect, limitOption, reasonOption } from '../options.js';
import type { Column } from '../table.js';
import { facts } from '../table.js';
import { length, relative } from '../time.js';

export function addContractions(program: Command, run: Runner): void {
  const contractions = program
    .command('contractions')
    .description('list, read, approve, deny, extend and lift contractions');

  contractions
    .command('list', { isDefault: true })
    .description('live contractions; with --ended also those that are over')
    .option('--ended', 'also ended ones')
    .addOption(new Option('--mode <mode>', 'only these').choices(['observe', 'enforce']))
    .addOption(limitOption())
    .addHelpText('after', '\nExample:\n  stepdown contractions list --mode enforce')
    .action(
      run(async (cli, options: { ended?: boolean; mode?: string; limit: number }) => {
        const engine = await cli.engine();
        const found = await engine.list<Contraction>(
          '/v1/contractions',
          { state: options.ended ? 'all' : 'live', mode: options.mode },
          options.limit,
        );
        cli.rows(columns(cli), found, options.ended ? 'No contractions.' : 'Nothing is restricted.');
      }),
    );

  contractions
    .command('show')
    .description('one contraction: why, what, until when, and its history')
    .argument('<id>', 'its id, or the beginning of it')
    .addHelpText('after', '\nExample:\n  stepdown contractions show 9a1b')
    .action(
      run(async (cli, id: string) => {
        const engine = await cli.engine();
        const contraction = await engine.one<Contraction>('/v1/contractions', id, { state: 'all' });
        cli.show(contraction, () => detail(contraction, cli));
      }),
    );

  contractions
    .command('lift')
    .description('end a contraction now')
    .argument('<id>')
    .addOption(reasonOption())
    .option('--suppress <duration>', 'the same playbook makes no new one for this target during that time')
    .addHelpText('after', '\nExample:\n  stepdown contractions lift 9a1b --suppress 1h --reason "payment run, known"')
    .action(
      run(async (cli, id: string, options: { reason: string; suppress?: string }) => {
        const suppressMs = options.suppress === undefined ? undefined : parseLength(options.suppress, '--suppress');
        const engine = await cli.engine();
        const { id: whole } = await engine.one<Contraction>('/v1/contractions', id);
        const answer = await engine.post(
          `/v1/contractions/${encodeURIComponent(whole)}/lift`,
          { reason: options.reason, ...(suppressMs === undefined ? {} : { suppressMs }) },
          'lifting a contraction',
        );
        cli.show(answer, () => `Contraction ${whole} is lifted.`);
      }),
    );

  for (const [verb, done, text, example] of [
    [
      'approve',
      'active',
      'let a contraction begin that waits because its playbook is beyond its limits',
      'the attack is real',
    ],
    [
      'deny',
      'refused',
      'refuse a contraction that waits; its playbook leaves the target alone for an hour',
      'a load test of ours',
    ],
  ] as const) {
    contractions
      .command(verb)
      .description(text)
      .argument('<id>')
      .addOption(reasonOption())
      .addHelpText(
        'after',
        `\n\`stepdown contractions list\` shows what waits as awaiting_approval. Whoever set the playbook to act cannot approve.\n\nExample:\n  stepdown contractions ${verb} 9a1b --reason "${example}"`,
      )
      .action(
        run(async (cli, id: string, options: { reason: string }) => {
          const engine = await cli.engine();
          const { id: whole } = await engine.one<Contraction>('/v1/contractions', id);
          const answer = await engine.post(
            `/v1/contractions/${encodeURIComponent(whole)}/${verb}`,
            { reason: options.reason },
            'answering a contraction that waits',
          );
          cli.show(answer, () => `Contraction ${whole} is ${done}.`);
        }),
      );
  }

  contractions
    .command('extend')
    .description('let a contraction last longer')
    .argument('<id>')
    .requiredOption('--for <duration>', 'how much longer, e.g. 2h')
    .addOption(reasonOption())
    .addHelpText('after', '\nExample:\n  stepdown contractions extend 9a1b --for 2h --reason "still looking into it"')
    .action(
      run(async (cli, id: string, options: { for: string; reason: string }) => {
        const byMs = parseLength(options.for, '--for');
        const engine = await cli.engine();
        const { id: whole } = await engine.one<Contraction>('/v1/contractions', id);
        const answer = await engine.post(
          `/v1/contractions/${encodeURIComponent(whole)}/extend`,
          { byMs, reason: options.reason },
          'extending a contraction',
        );
        cli.show(answer, () => `Contraction ${whole} lasts ${length(byMs)} longer.`);
      }),
    );

  contractions
    .command('freeze')
    .description('keep a contraction as it is: for so long only a person ends it')
    .argument('<id>')
    .requiredOption('--for <duration>', 'how long, e.g. 8h')
    .addOption(reasonOption())
    .addHelpText('after', '\nExample:\n  stepdown contractions freeze 9a1b --for 8h --reason "taking evidence"')
    .action(
      run(async (cli, id: string, options: { for: string; reason: string }) => {
        const forMs = parseLength(options.for, '--for');
        const engine = await cli.engine();
        const { id: whole } = await engine.one<Contraction>('/v1/contractions', id);
        const answer = await engine.post(
          `/v1/contractions/${encodeURIComponent(whole)}/freeze`,
          { forMs, reason: options.reason },
          'freezing a contraction',
        );
        cli.show(answer, () => `Contraction ${whole} is frozen for ${length(forMs)}.`);
      }),
    );
}

export function addContain(program: Command, run: Runner): void {
  program
    .command('contain')
    .description('restrict an agent, session or other entity by hand')
    .argument('<entity>', 'TYPE:ID, e.g. agent:billing or session:conv-1; a bare id is an agent')
    .requiredOption('--control <control>', 'what to take away; may be given several times', collect)
    .requiredOption('--for <duration>', 'how long, e.g. 1h')
    .addOption(reasonOption())
    .addHelpText(
      'after',
      `\nControls:\n${Object.values(CONTROL_SYNTAX)
        .map((line) => `  ${line}`)
        .join(
          '\n',
        )}\n\nExample:\n  stepdown contain agent:billing --control 'tool.block=send_*,effect:pay' --for 1h --reason "odd transfers"`,
    )
    .action(
      run(async (cli, entity: string, options: { control: string[]; for: string; reason: string }) => {
        const target = parseEntity(entity, cli.config.tenant);
        const controls = options.control.map(parseControl);
        const forMs = parseLength(options.for, '--for');
        const engine = await cli.engine();
        const made = await engine.post<Partial<Contraction>>(
          '/v1/contractions',
          { target, controls, forMs, reason: options.reason },
          'containing an entity',
        );
        cli.show(
          made,
          () =>
            `Contained ${target.type}:${target.id} for ${length(forMs)}: ${controls.map(controlText).join('; ')}.${made.id === undefined ? '' : `\nContraction ${made.id}; lift it with: ${invocation()} contractions lift ${made.id.slice(0, 12)} --reason …`}`,
        );
      }),
    );
}

function columns(cli: CommandLine): Column<Contraction>[] {
  const nowMs = cli.nowMs();
  return [
    { title: 'ID', value: ({ id }) => id.slice(0, 12), whole: true },
    {
      title: 'STATE',
      value: ({ state, endReason }) => (endReason === undefined ? state : `${state} (${endReason})`),
      whole: true,
    },
    {
      title: 'MODE',
      value: ({ mode }) => mode,
      whole: true,
      paint: (text, { mode }, paint) => paint(mode === 'enforce' ? 'yellow' : 'dim', text),
    },
    { title: 'TARGET', value: ({ target }) => `${target.type}:${target.id}`, min: 12 },
    { title: 'CONTROLS', value: ({ controls }) => controls.map(controlText).join('; '), min: 16 },
    {
      title: 'FROM',
      value: ({ playbook, manual }) => playbook?.name ?? (manual === undefined ? '–' : `by hand: ${manual.by}`),
      min: 10,
    },
    { title: 'AGE', value: ({ createdAtMs }) => length(nowMs - createdAtMs), align: 'right', whole: true },
    {
      title: 'AT MOST',
      value: ({ maxAtMs, endedAtMs }) => (endedAtMs === undefined ? relative(maxAtMs, nowMs) : '–'),
      align: 'right',
      whole: true,
    },
    { title: 'ATTEMPTS', value: ({ attempts }) => String(attempts), align: 'right' },
  ];
}

function detail(contraction: Contraction, cli: CommandLine): string {
  const { paint } = cli.terminal;
  const { until } = contraction;
  const ends =
    until.kind === 'quiet'
      ? `quiet: risk below ${until.below} for ${length(until.forMs)}`
      : until.kind === 'alert-resolved'
        ? `alert ${until.alertId} resolved`
        : until.kind;
  const head = facts(
    [
      ['contraction', contraction.id],
      [
        'state',
        contraction.endReason === undefined ? contraction.state : `${contraction.state} (${contraction.endReason})`,
      ],
      ['mode', contraction.mode === 'observe' ? 'observe (recorded, touches nothing)' : 'enforce'],
      ['target', `${contraction.target.type}:${contraction.target.id}`],
      ['controls', contraction.controls.map(controlText).join('; ')],
      [
        'playbook',
        contraction.playbook === undefined
          ? undefined
          : `${contraction.playbook.name} v${contraction.playbook.version}: ${contraction.playbook.title}`,
      ],
      [
        'by hand',
        contraction.manual === undefined ? undefined : `${contraction.manual.by}: ${contraction.manual.reason}`,
      ],
      ['incident', contraction.incidentId],
      ['findings', contraction.findingIds.join(', ')],
      ['trust', contraction.trust],
      ['since', cli.time(contraction.createdAtMs)],
      ['ends by', ends],
      [
        'waits until',
        contraction.state === 'awaiting_approval' && contraction.approveByMs !== undefined
          ? cli.time(contraction.approveByMs)
          : undefined,
      ],
      ['at most until', cli.time(contraction.maxAtMs)],
      ['lease until', contraction.state === 'ended' ? undefined : cli.time(contraction.leaseUntilMs)],
      ['last signal', cli.time(contraction.lastSignalAtMs)],
      ['attempts', String(contraction.attempts)],
      ['ended', contraction.endedAtMs === undefined ? undefined : cli.time(contraction.endedAtMs)],
      ['engine gone', contraction.engineGone],
    ],
    paint,
  );
  const effects = contraction.effects.map((effect) => {
    const { point, state, error, note, effectiveByMs, irreversible, selfExpiring } = effect;
    const control = controlText(contraction.controls[effect.control] ?? { control: 'session.suspend' });
    const more = [
      ...(error === undefined ? [] : [printable(error)]),
      ...(note === undefined ? [] : [printable(note)]),
      ...(effectiveByMs === undefined || state !== 'applied' || effectiveByMs <= cli.nowMs()
        ? []
        : [
            `in force everywhere ${relative(effectiveByMs, cli.nowMs())} at the latest; the decision point holds meanwhile`,
          ]),
      ...(irreversible === undefined ? [] : [`does not come back: ${printable(irreversible)}`]),
      ...(selfExpiring ? [] : ['does not expire by itself']),
    ];
    return `  ${point}  ${control}  ${state}${more.length === 0 ? '' : `: ${more.join('; ')}`}`;
  });
  const history = contraction.history.map(
    ({ atMs, to, by, reason }) =>
      `  ${paint('dim', cli.time(atMs))}  ${paint('bold', to.padEnd(17))}  ${printable(`${reason} (${by})`)}`,
  );
  return [
    head,
    ...(effects.length === 0 ? [] : ['', paint('bold', 'Effects'), ...effects]),
    '',
    paint('bold', 'History'),
    ...history,
  ].join('\n');
}
