/** The engine as it is configured, for a replay: the same machines that `stepdown up` runs. */
import { createDetectMachine } from '../../detect/machine.js';
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import type { Inspector } from '../../inspect/inspect-text.js';
import { openInspector } from '../../inspect/models/open-inspector.js';
import { createRespondMachine } from '../../respond/machine.js';
import { describeDiagnostic, hasErrors } from '../../respond/playbook/diagnostic.js';
import { playbookPaths } from '../../respond/playbook/files/configured.js';
import { withCorrelations } from '../../respond/playbook/files/beside.js';
import { readSources } from '../../respond/playbook/files/read.js';
import { compilePlaybooks, loadPlaybooks, type LoadOptions } from '../../respond/playbook/load.js';
import { readBaseline } from '../../runtime/baseline-file.js';
import { StepdownError } from '../../runtime/errors.js';
import { printable } from '../../runtime/printable.js';
import type { CommandLine } from '../command-line.js';
import type { ReplayOptions } from './replay.js';

export interface EngineChoice {
  /** Instead of the configured ones. */
  playbooks?: string[];
  baseline?: string;
  /** The text of overrides instead of the configured file. */
  overrides?: string;
  mode: 'enforce' | 'observe' | 'configured';
}

/**
 * Leases are renewed so that a contraction ends without the engine. In a replay it is never gone, and days of event time
 * pass in seconds: renewing each contraction every few minutes of them would be most of the work, and change nothing.
 */
const REPLAY_LEASE_MS = 24 * 3_600_000;

/** Nobody waits for an event of a recording, so that what is read does not hang on how busy the machine is. Milliseconds. */
const REPLAY_DEEP_MS = 60_000;

/** What reads texts, as configured but for the deep model's time; `models` instead of the configured ones. */
export function configuredInspector(
  { config }: CommandLine,
  models = config.detect.inspection.models,
): Promise<Inspector> {
  const { maxTextBytes, ...choice } = config.detect.inspection;
  const deep = { windows: choice.deep.windows, budgetMs: Math.max(choice.deep.budgetMs, REPLAY_DEEP_MS) };
  // Whose texts leave no doubt does not wait for it.
  return openInspector({ ...choice, deep, models, maxChars: maxTextBytes, inBackground: true });
}

/**
 * Makes fresh machines, one pair a replay. Playbooks and baseline are read once.
 *
 * Throws `playbook-invalid` where a playbook has faults, after saying which.
 */
export function configuredEngine(
  cli: CommandLine,
  choice: EngineChoice,
): () => Pick<ReplayOptions, 'detect' | 'respond' | 'tenant' | 'baseline'> {
  const { config } = cli;
  const { playbooks, correlations } = playbooksFor(cli, choice);
  const baseline = readBaseline(choice.baseline ?? config.respond.baseline);
  return () => ({
    detect: createDetectMachine({
      clock: 'event',
      sessionIdleMs: config.detect.sessionIdleMs,
      learning: { events: config.detect.learning.events, ageMs: config.detect.learning.forMs },
      baseline,
    }),
    respond: createRespondMachine({
      playbooks,
      correlations,
      riskHalfLifeMs: config.respond.riskHalfLifeMs,
      leaseMs: Math.max(config.respond.leaseMs, REPLAY_LEASE_MS),
      incidentsPerPlaybookPerHour: config.respond.incidentsPerPlaybookPerHour,
    }),
    tenant: config.tenant,
    baseline,
  });
}

function playbooksFor(cli: CommandLine, { playbooks: paths, mode, overrides }: EngineChoice) {
  const options: LoadOptions = {
    nowMs: cli.nowMs(),
    findingTypes: FINDING_TYPES,
    overrides: cli.config.respond.overrides,
    ...(mode === 'configured' ? {} : { mode }),
  };
  const given = paths === undefined ? playbookPaths(cli.config) : withCorrelations(paths);
  const { playbooks, correlations, diagnostics } =
    overrides === undefined
      ? loadPlaybooks(given, options)
      : compilePlaybooks(readSources(given).sources, { file: cli.config.respond.overrides, text: overrides }, options);
  for (const diagnostic of diagnostics) {
    // The overrides are those of the configured playbooks, and these are others.
    if (paths !== undefined && diagnostic.code === 'PB030') continue;
    cli.note(printable(describeDiagnostic(diagnostic)));
  }
  if (hasErrors(diagnostics))
    throw new StepdownError(
      'playbook-invalid',
      'a backtest with faulty playbooks would show something else than what runs',
      { mend: 'mend the errors above' },
    );
  return { playbooks, correlations };
}
