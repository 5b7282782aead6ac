/** `stepdown tail`: what happens now, one line each, until it is stopped. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Decision } from '../../../schemas/decision.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Incident } from '../../../schemas/incident.js';
import { printable } from '../../runtime/printable.js';
import { StepdownError } from '../../runtime/errors.js';
import type { CommandLine, Runner } from '../command-line.js';
import { controlText } from '../control-text.js';
import { type EngineClient, notRunning } from '../engine-client.js';
import { paintSeverity, paintVerdict } from '../palette.js';

const KINDS = ['findings', 'contractions', 'decisions', 'incidents'] as const;
type Kind = (typeof KINDS)[number];
const POLL_MS = 500;
const PER_POLL = 200;
/** How many lines are remembered, so that none is shown twice. */
const REMEMBERED = 20_000;

interface Line {
  /** Different for each thing that is worth a line of its own. */
  key: string;
  atMs: number;
  kind: Kind;
  value: unknown;
  text: (cli: CommandLine) => string;
}

export function addTail(program: Command, run: Runner): void {
  program
    .command('tail')
    .description('live findings, contractions, decisions and incidents')
    .option('--kinds <list>', `some of ${KINDS.join(',')}`, KINDS.join(','))
    .option('--since <duration>', 'begin that far back', '0s')
    .option('--allowed', 'also decisions that allowed a call')
    .option('--for <duration>', 'stop after that time')
    .addHelpText(
      'after',
      '\nWith --json one JSON object a line: {"kind", "value"}.\n\nExample:\n  stepdown tail --kinds findings,decisions --allowed',
    )
    .action(
      run(async (cli, options: { kinds: string; since: string; allowed?: boolean; for?: string }) => {
        const kinds = options.kinds.split(',').map((kind) => kindOf(kind.trim()));
        const since = cli.nowMs() - cli.length(options.since, '--since');
        const until = options.for === undefined ? Infinity : cli.nowMs() + cli.length(options.for, '--for');
        const engine = await cli.engine();
        if (!engine.live) throw notRunning('`tail` shows what happens now');
        await follow(cli, engine, { kinds, sinceMs: since, untilMs: until, allowed: options.allowed === true });
      }),
    );
}

function kindOf(text: string): Kind {
  const kind = KINDS.find((known) => known === text);
  if (kind === undefined)
    throw new StepdownError('usage', `--kinds: there is no ${JSON.stringify(text)}`, {
      mend: `one of ${KINDS.join(', ')}`,
    });
  return kind;
}

async function follow(
  cli: CommandLine,
  engine: EngineClient,
  options: { kinds: readonly Kind[]; sinceMs: number; untilMs: number; allowed: boolean },
): Promise<void> {
  const shown = new Set<string>();
  for (let polls = 0; cli.nowMs() < options.untilMs; polls += 1) {
    const lines = (await Promise.all(options.kinds.map((kind) => read(engine, kind, options)))).flat();
    for (const line of lines.sort((a, b) => a.atMs - b.atMs)) {
      if (shown.has(line.key)) continue;
      shown.add(line.key);
      if (line.atMs < options.sinceMs) continue;
      cli.print(
        cli.json
          ? JSON.stringify({ kind: line.kind, value: line.value })
          : `${cli.terminal.paint('dim', cli.time(line.atMs))}  ${line.text(cli)}`,
      );
    }
    while (shown.size > REMEMBERED) {
      const oldest = shown.values().next();
      if (oldest.done) break;
      shown.delete(oldest.value);
    }
    await pause(Math.min(POLL_MS, Math.max(0, options.untilMs - cli.nowMs())));
  }
}

async function read(
  engine: EngineClient,
  kind: Kind,
  { sinceMs, allowed }: { sinceMs: number; allowed: boolean },
): Promise<Line[]> {
  const since = Math.max(0, Math.floor(sinceMs));
  switch (kind) {
    case 'findings':
      return (await engine.list<Finding>('/v1/findings', { since }, PER_POLL)).map((value) => ({
        key: `f${value.id}`,
        atMs: value.timeMs,
        kind,
        value,
        text: ({ terminal: { paint } }) =>
          `${paintSeverity(value.severity, 'finding    ', paint)} ${printable(`${value.type} ${value.title} (agent ${value.agentId}, session ${value.sessionId}, confidence ${value.confidence.toFixed(2)})`)}`,
      }));
    case 'contractions':
      return (await engine.list<Contraction>('/v1/contractions', { state: 'all' }, PER_POLL)).map((value) => {
        const atMs = value.endedAtMs ?? value.history.at(-1)?.atMs ?? value.createdAtMs;
        const state = value.endReason === undefined ? value.state : `${value.state} (${value.endReason})`;
        return {
          key: `c${value.id}:${value.state}:${value.attempts}`,
          atMs,
          kind,
          value,
          text: ({ terminal: { paint } }) =>
            `${paint('yellow', 'contraction')} ${printable(`${state} [${value.mode}] ${value.target.type}:${value.target.id} ${value.controls.map(controlText).join('; ')}${value.attempts > 0 ? `, ${value.attempts} attempts` : ''}`)}`,
        };
      });
    case 'decisions':
      return (await engine.list<Decision>('/v1/decisions', { since }, PER_POLL))
        .filter(({ verdict }) => allowed || verdict !== 'allow')
        .map((value) => ({
          key: `d${value.id}`,
          atMs: value.timeMs,
          kind,
          value,
          text: ({ terminal: { paint } }) =>
            `${paintVerdict(value.verdict, 'decision   ', paint)} ${printable(`${value.verdict} ${value.action.kind} ${value.action.name} (agent ${value.agentId}): ${value.reason.text}`)}`,
        }));
    case 'incidents':
      return (await engine.list<Incident>('/v1/incidents', { since }, PER_POLL)).map((value) => ({
        key: `i${value.id}:${value.version}`,
        atMs: value.updatedAtMs,
        kind,
        value,
        text: ({ terminal: { paint } }) =>
          `${paintSeverity(value.severity, 'incident   ', paint)} ${printable(`${value.status} ${value.id.slice(0, 12)} ${value.title} (${value.findings.length} findings, ${value.contractionIds.length} contractions)`)}`,
      }));
  }
}
