/** The command line as one program: the explicit table of its commands, and what all of them share. */
import { Command, CommanderError } from 'commander';
import { addAgents } from './commands/agents.js';
import { addApprovals } from './commands/approvals.js';
import { addAudit } from './commands/audit.js';
import { addBacktest } from './commands/backtest.js';
import { addConfig } from './commands/config.js';
import { addContain, addContractions } from './commands/contractions.js';
import { addDeadletter } from './commands/deadletter.js';
import { addDemo } from './commands/demo.js';
import { addDoctor } from './commands/doctor.js';
import { addExplain } from './commands/explain.js';
import { addEntra } from './commands/entra.js';
import { addEval } from './commands/eval.js';
import { addWeigh } from './commands/weigh.js';
import { addFindings } from './commands/findings.js';
import { addForget } from './commands/forget.js';
import { addIncidents } from './commands/incidents.js';
import { addIngest } from './commands/ingest.js';
import { addLearn } from './commands/learn.js';
import { addPause } from './commands/pause.js';
import { addPlaybook } from './commands/playbook.js';
import { addPrecision } from './commands/precision.js';
import { addPrincipals } from './commands/principals.js';
import { addRisk } from './commands/risk.js';
import { addRecord } from './commands/record.js';
import { addRebuild } from './commands/rebuild.js';
import { addRun } from './commands/run.js';
import { addSchemas } from './commands/schemas.js';
import { addSentinel } from './commands/sentinel.js';
import { addSimulate } from './commands/simulate.js';
import { addTail } from './commands/tail.js';
import { addTopics } from './commands/topics.js';
import { addUp } from './commands/up.js';
import { type Runner, runner } from './command-line.js';
import { describeError } from './error-text.js';
import { EXIT, type ExitCode, exitCodeOf } from './exit.js';
import type { Terminal } from './terminal.js';
import { packageVersion } from '../runtime/package-root.js';

/** In the order in which help lists them. */
const COMMANDS: readonly ((program: Command, run: Runner) => void)[] = [
  addUp,
  addRun,
  addDemo,
  addDoctor,
  addTail,
  addRisk,
  addAgents,
  addFindings,
  addIncidents,
  addContractions,
  addExplain,
  addContain,
  addApprovals,
  addPause,
  addPlaybook,
  addBacktest,
  addPrecision,
  addEval,
  addWeigh,
  addSimulate,
  addLearn,
  addIngest,
  addRecord,
  addDeadletter,
  addPrincipals,
  addAudit,
  addForget,
  addTopics,
  addRebuild,
  addSentinel,
  addEntra,
  addConfig,
  addSchemas,
];

/** Runs one command line and gives its exit code. Never throws for what a command finds; see exit.ts for the codes. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const program = build(terminal, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const verbose = program.opts<{ verbose?: boolean }>().verbose === true || args.includes('--verbose');
    terminal.stderr.write(`${describeError(error, verbose)}\n`);
    return exitCodeOf(error);
  }
}

export function build(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  const program = new Command('stepdown')
    .description(
      'Watches AI agents and steps their permissions down while an attack is on; every restriction reverts by itself.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .option('-c, --config <file>', 'configuration file; default: STEPDOWN_CONFIG, else ./stepdown.yaml where it is')
    .option('-d, --data-dir <dir>', 'data directory; over the configuration')
    .option('-z, --timezone <zone>', 'show times in this zone, e.g. Europe/Berlin or UTC')
    .option('--json', 'print JSON; times are milliseconds since 1970, UTC')
    .option('-v, --verbose', 'show stack traces of errors')
    .helpOption('-h, --help', 'show help')
    .addHelpText(
      'after',
      '\nBegin with:\n  stepdown up          watch agents\n  stepdown demo        see an attack met, in half a minute\n  stepdown doctor      find out what is wrong\n\nExit codes: 0 fine, 1 problems found, 2 wrong usage, 3 no engine runs, 4 not allowed, 5 not found, 70 failure.',
    );
  const run = runner(terminal, exit);
  for (const add of COMMANDS) add(program, run);
  everywhere(program, (command) => {
    command.exitOverride();
    command.configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.width ?? 100,
      getErrHelpWidth: () => terminal.width ?? 100,
    });
    command.configureHelp({ showGlobalOptions: true });
    command.showSuggestionAfterError();
  });
  return program;
}

function everywhere(command: Command, apply: (command: Command) => void): void {
  apply(command);
  for (const child of command.commands) everywhere(child, apply);
}
