/** Whether the playbooks are sound, and whether any of them enforces. */
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import { describeDiagnostic } from '../../respond/playbook/diagnostic.js';
import { configuredPlaybooks } from '../../respond/playbook/files/configured.js';
import { glob } from '../../policy/glob.js';
import { type CompiledPlaybook, settingAt } from '../../respond/playbook/types.js';
import type { Config } from '../../runtime/config.js';
import { invocation } from '../invocation.js';
import { type Check, ok, problem, warning } from './finding.js';

/** Recipients that playbooks name and no sink takes incidents for. */
function unheardOf({ forward: { sinks } }: Config, playbooks: readonly CompiledPlaybook[]): string[] {
  const patterns = sinks.map((sink) => ('for' in sink ? sink.for : []));
  if (patterns.length === 0 || patterns.some((each) => each.length === 0)) return [];
  const named = playbooks.flatMap(({ notify, owner }) =>
    notify.map((name) => (name === 'owner' ? (owner ?? name) : name)),
  );
  const heard = patterns.flat().map((pattern) => glob(pattern));
  return [...new Set(named)].filter((name) => !heard.some((matches) => matches(name))).sort();
}

export function playbooksCheck(config: Config, nowMs: number): Check {
  const { playbooks: loaded, diagnostics } = configuredPlaybooks(config, { nowMs, findingTypes: FINDING_TYPES });
  const [first] = diagnostics;
  if (first !== undefined) {
    const all = `${describeDiagnostic(first)}${diagnostics.length > 1 ? `; ${diagnostics.length - 1} more` : ''}`;
    const say = diagnostics.some(({ severity }) => severity === 'error') ? problem : warning;
    return say('playbooks', all, `see \`${invocation()} playbook check\``);
  }
  const unheard = unheardOf(config, loaded);
  if (unheard.length > 0)
    return warning(
      'playbooks',
      `nobody hears for ${unheard.join(', ')}: playbooks name them in \`notify\`, and every sink is for others`,
      'name them in `for` of a sink, or leave `for` out of one',
    );
  const enforcing = loaded.filter((each) => settingAt(each, nowMs).mode === 'enforce').length;
  return enforcing > 0
    ? ok('playbooks', `${loaded.length}, of which ${enforcing} enforce`)
    : warning(
        'playbooks',
        `${loaded.length}, all of which only observe: nothing is restricted`,
        `promote one with \`${invocation()} playbook enforce NAME\``,
      );
}
