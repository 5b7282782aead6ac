/** `stepdown risk`: who is risky now, and what makes it so. */
import type { Command } from 'commander';
import type { Risk } from '../../../schemas/risk.js';
import type { CommandLine, Runner } from '../command-line.js';
import { parseEntity } from '../control-argument.js';
import { limitOption } from '../options.js';
import { paintScore, paintSeverity } from '../palette.js';
import { type Column, facts, table } from '../table.js';

/** The API adds the score decayed to now. */
type RiskNow = Risk & { scoreNow?: number };

export function addRisk(program: Command, run: Runner): void {
  program
    .command('risk')
    .description('risk of all entities, highest first, or of one with its findings')
    .argument('[entity]', 'TYPE:ID; a bare id is an agent')
    .option('--above <score>', 'only scores above this', Number)
    .addOption(limitOption())
    .addHelpText('after', '\nExample:\n  stepdown risk agent:billing')
    .action(
      run(async (cli, entity: string | undefined, options: { above?: number; limit: number }) => {
        const engine = await cli.engine();
        if (entity === undefined) {
          const risks = await engine.list<RiskNow>('/v1/risk', { above: options.above }, options.limit);
          cli.rows(
            columns(cli),
            risks.sort((a, b) => scoreOf(b) - scoreOf(a)),
            'Nobody has a risk.',
          );
          return;
        }
        const { type, id } = parseEntity(entity, cli.config.tenant);
        const risk = await engine.get<RiskNow>(`/v1/risk/${type}/${encodeURIComponent(id)}`, {});
        cli.show(risk, () => detail(risk, cli));
      }),
    );
}

function scoreOf(risk: RiskNow): number {
  return risk.scoreNow ?? risk.score;
}

function columns(cli: CommandLine): Column<RiskNow>[] {
  return [
    {
      title: 'RISK',
      value: (risk) => scoreOf(risk).toFixed(0),
      align: 'right',
      whole: true,
      paint: (text, risk, paint) => paintScore(scoreOf(risk), text, paint),
    },
    { title: 'ENTITY', value: ({ entity }) => `${entity.type}:${entity.id}`, min: 16 },
    { title: 'FINDINGS', value: ({ contributions }) => String(contributions.length), align: 'right' },
    {
      title: 'STRONGEST',
      value: ({ contributions }) => [...contributions].sort((a, b) => b.confidence - a.confidence)[0]?.type ?? '–',
      min: 12,
    },
    { title: 'LAST', value: ({ timeMs }) => cli.time(timeMs), whole: true },
  ];
}

function detail(risk: RiskNow, cli: CommandLine): string {
  const { paint } = cli.terminal;
  const head = facts(
    [
      ['entity', `${risk.entity.type}:${risk.entity.id}`],
      ['risk', scoreOf(risk).toFixed(1)],
      ['at', `${risk.score.toFixed(1)} on ${cli.time(risk.timeMs)}; decays from there`],
    ],
    paint,
  );
  if (risk.contributions.length === 0) return head;
  const body = table(
    [
      { title: 'FINDING', value: (row) => row.findingId.slice(0, 12), whole: true },
      { title: 'TYPE', value: (row) => row.type, min: 12 },
      {
        title: 'SEVERITY',
        value: (row) => row.severity,
        paint: (text, row, colours) => paintSeverity(row.severity, text, colours),
      },
      { title: 'CONFIDENCE', value: (row) => row.confidence.toFixed(2), align: 'right' },
      { title: 'TIME', value: (row) => cli.time(row.timeMs), whole: true },
    ],
    [...risk.contributions].sort((a, b) => b.timeMs - a.timeMs),
    cli.terminal,
  );
  return `${head}\n\n${body}`;
}
