/** Whether a playbook acts on what triggered it: its mode, hours, condition, exceptions and allowlist, in this order. */
import { hoursText, isWithin } from './playbook/hours.js';
import type { CompiledPlaybook, ConditionContext, Mode, Setting } from './playbook/types.js';
import { settingAt } from './playbook/types.js';
import { note, type Notes } from './notes.js';

export type Match =
  | { playbook: CompiledPlaybook; fired: true; mode: Mode; context: ConditionContext; notes: Notes }
  /** Why nothing happened, for people. */
  | { playbook: CompiledPlaybook; fired: false; why: string; mode: Mode | 'off'; notes: Notes };

/** The entities an allowance may name, as a condition sees them. */
function idsOf({ session, agent, user, finding }: ConditionContext): Readonly<Partial<Record<string, string>>> {
  return {
    session: session.id,
    agent: agent.id,
    blueprint: agent.blueprint,
    user: user.id,
    tool: finding.tool,
    model: finding.model,
  };
}

/** Why what is so grounded needs no answer: an exception or an allowed entity. `undefined`: it does. */
export function excuseFor(playbook: CompiledPlaybook, context: ConditionContext, nowMs: number): string | undefined {
  return exceptionFor(playbook, context, nowMs) ?? allowanceFor(playbook, context, nowMs);
}

function exceptionFor(playbook: CompiledPlaybook, context: ConditionContext, nowMs: number): string | undefined {
  return playbook.exceptions.find(({ condition, expiresAtMs }) => {
    if (nowMs >= expiresAtMs) return false;
    const outcome = condition.evaluate(context);
    return 'matched' in outcome && outcome.matched;
  })?.reason;
}

function allowanceFor(playbook: CompiledPlaybook, context: ConditionContext, nowMs: number): string | undefined {
  if (playbook.allowed.length === 0) return undefined;
  const ids = idsOf(context);
  const found = playbook.allowed.find(
    ({ type, matches, expiresAtMs }) => nowMs < expiresAtMs && (ids[type] ?? '') !== '' && matches(ids[type] ?? ''),
  );
  return found && `${found.entity} is on its allowlist: ${found.reason}`;
}

/** Why the playbook rests at this time; `undefined`: it does not. */
function restingAt(
  playbook: CompiledPlaybook,
  nowMs: number,
): { check: 'hours' | 'suppression'; why: string } | undefined {
  const { hours, suppressed } = playbook;
  if (hours.length > 0 && !hours.some((each) => isWithin(each, nowMs)))
    return { check: 'hours', why: `it acts only in its hours (${hours.map(hoursText).join('; ')})` };
  const found = suppressed.find(
    ({ fromMs, toMs, hours: within, expiresAtMs }) =>
      nowMs < expiresAtMs && nowMs >= fromMs && nowMs < toMs && (within === undefined || isWithin(within, nowMs)),
  );
  return found && { check: 'suppression', why: `suppressed at this time: ${found.reason}` };
}

/** Promoted for some agents, it only observes the others. */
function modeFor({ mode, agents }: Setting, agentId: string): Setting['mode'] {
  return mode === 'enforce' && agents !== undefined && !agents.matches(agentId) ? 'observe' : mode;
}

/** The trigger has been met. `notes`: where to keep what was asked. */
export function judge(playbook: CompiledPlaybook, context: ConditionContext, nowMs: number, notes?: Notes): Match {
  const setting = settingAt(playbook, nowMs);
  const mode = modeFor(setting, context.agent.id);
  const no = (why: string): Match => ({ playbook, fired: false, why, mode, notes });
  note(notes, 'mode', mode !== 'off', `it is set to ${mode}`, { mode });
  if (mode === 'off') return no('switched off');
  const resting = restingAt(playbook, nowMs);
  if (resting) {
    note(notes, resting.check, false, resting.why, { time: new Date(nowMs).toISOString() });
    return no(resting.why);
  }
  if (setting.when) {
    notes?.push(setting.when.explain(context));
    const outcome = setting.when.evaluate(context);
    if ('error' in outcome) return no(`its condition could not be evaluated: ${outcome.error}`);
    if (!outcome.matched) return no('its condition is not met');
  }
  const excepted = exceptionFor(playbook, context, nowMs);
  if (playbook.exceptions.length > 0)
    note(
      notes,
      'exception',
      excepted === undefined,
      excepted ?? `none of its ${playbook.exceptions.length} exceptions covers it`,
    );
  if (excepted !== undefined) return no(`excepted: ${excepted}`);
  const allowed = allowanceFor(playbook, context, nowMs);
  if (playbook.allowed.length > 0)
    note(notes, 'allowlist', allowed === undefined, allowed ?? 'nobody on its allowlist is concerned');
  if (allowed !== undefined) return no(allowed);
  return { playbook, fired: true, mode, context, notes };
}
