/** Whether the playbooks are sound, and whether any of them enforces. */
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import { describeDiagnostic } from '../../respond/playbook/diagnostic.js';
import { configuredPlaybooks } from '../../respond/playbook/files/configured.js';
import { settingAt } from '../../respond/playbook/types.js';
import type { Config } from '../../runtime/config.js';
import { invocation } from '../invocation.js';
import { type Check, ok, problem, warning } from './finding.js';

export function playbooksCheck(config: Config, nowMs: number): Check {
  const { playbooks: loaded, diagnostics } = configuredPlaybooks(config, { nowMs, findingTypes: FINDING_TYPES });
  const [first] = diagnostics;
  if (first !== undefined) {
    const all = `${describeDiagnostic(first)}${diagnostics.length > 1 ? `; ${diagnostics.length - 1} more` : ''}`;
    const say = diagnostics.some(({ severity }) => severity === 'error') ? problem : warning;
    return say('playbooks', all, `see \`${invocation()} playbook check\``);
  }
  const enforcing = loaded.filter((each) => settingAt(each, nowMs).mode === 'enforce').length;
  return enforcing > 0
    ? ok('playbooks', `${loaded.length}, of which ${enforcing} enforce`)
    : warning(
        'playbooks',
        `${loaded.length}, all of which only observe: nothing is restricted`,
        `promote one with \`${invocation()} playbook enforce NAME\``,
      );
}
