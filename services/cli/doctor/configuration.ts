/** Whether the configuration is right; nothing else can be looked at where it is not. */
import { StepdownError } from '../../runtime/errors.js';
import type { CommandLine } from '../command-line.js';
import { type Check, ok, problem } from './finding.js';

export function configurationCheck(cli: CommandLine): Check {
  try {
    return ok('configuration', `right; data directory ${cli.config.dataDir}`);
  } catch (error) {
    return problem(
      'configuration',
      error instanceof StepdownError ? error.describe() : String(error),
      'every fault is named with its place; docs/configuration.md lists all keys',
    );
  }
}
