/**
 * What one policy says to one request: the strictest of what its dimensions say. Ruling by parts and taking the
 * strictest equals ruling by the meet of the parts (a property test holds it), so a decision can name who made it.
 */
import type { Skip } from '../../schemas/common.js';
import { VERDICTS, type Verdict } from '../../schemas/decision.js';
import { AUTH_LEVELS, type RateClause, SANDBOX_LEVELS } from './controls.js';
import { type Destination, type Destinations, destinationsOf } from './destination.js';
import { permits } from './destination-pattern.js';
import type { Policy } from './effective.js';
import { matchesAnyGlob } from './glob.js';
import type { AccessRequest, ApprovalNeed, Obligations, ReasonCode, Ruling } from './request.js';
import { type Clause, selects, type SelectedCall } from './selector.js';

/** How many of the selected calls ran in the last `perMs`, this one not counted. Must only read memory. */
export type RateCount = (clause: RateClause) => number;

export function stricter(a: Verdict, b: Verdict): Verdict {
  return VERDICTS.indexOf(a) >= VERDICTS.indexOf(b) ? a : b;
}

/** A request made ready: its destinations are read once, and only if some policy asks. */
export interface PreparedRequest {
  request: AccessRequest;
  call: SelectedCall;
  /** All that the arguments mention: data may leave by any of them. */
  readonly destinations: () => Destinations;
}

export function prepare(request: AccessRequest): PreparedRequest {
  let read: Destinations | undefined;
  const destinations = () => (read ??= destinationsOf(request.arguments, request.destinations));
  // A selector is about where a call goes; a report that mentions a host does not go there by being written.
  let aimed: Destinations | undefined;
  const aimedAt = () => (aimed ??= destinationsOf(request.arguments, request.destinations, { aimedOnly: true }));
  const { name, effects } = request;
  return {
    request,
    destinations,
    call: { name, effects, destinations: keepsInFile(request) ? aimedAt : destinations },
  };
}

const FILE_KEY = /(?:^|_)(?:path|file|filename|filepath|notebook|note|document|doc)(?:_|$)/i;

/** The call writes something into a file or a note, and that is all: what is typed into a page or posted goes further. */
function keepsInFile({ effects, arguments: args }: AccessRequest): boolean {
  return (
    effects.includes('write') &&
    effects.every((effect) => effect === 'write' || effect === 'read') &&
    typeof args === 'object' &&
    args !== null &&
    Object.keys(args).some((key) => FILE_KEY.test(key))
  );
}

/** Every effect is known and none changes anything. */
function onlyReads(request: AccessRequest): boolean {
  return request.effects.length > 0 && request.effects.every((effect) => effect === 'read');
}

const quote = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');

class Ruler {
  verdict: Verdict = 'allow';
  code: ReasonCode = 'nothing-wrong';
  text = 'nothing restricts it';
  approval: { by: Set<'owner' | 'soc'>; timeoutMs: number } | undefined;
  obligations: Obligations = {};
  readonly notChecked: Skip[] = [];
  readonly counts: RateClause[] = [];

  say(verdict: Verdict, code: ReasonCode, text: string): void {
    if (!this.hears(verdict)) return;
    this.verdict = verdict;
    this.code = code;
    this.text = text;
  }

  /** Whether a verdict would change anything: where not, its text need not be made. */
  hears(verdict: Verdict): boolean {
    return VERDICTS.indexOf(verdict) > VERDICTS.indexOf(this.verdict);
  }

  /** What cannot be seen is not satisfied, except for a call that only reads: that one runs, and it is said. */
  unseen(check: string, reason: string, code: ReasonCode, request: AccessRequest): void {
    this.notChecked.push({ check, reason });
    if (!onlyReads(request)) this.say('block', code, `${reason}, and the call may change something`);
  }

  hold(by: 'any' | 'owner' | 'soc', timeoutMs: number): void {
    this.approval ??= { by: new Set(), timeoutMs };
    this.approval.timeoutMs = Math.min(this.approval.timeoutMs, timeoutMs);
    if (by !== 'any') this.approval.by.add(by);
  }

  ruling(): Ruling {
    const approval: ApprovalNeed | undefined = this.approval && {
      by: [...this.approval.by].sort(),
      timeoutMs: this.approval.timeoutMs,
    };
    return {
      verdict: this.verdict,
      code: this.code,
      text: this.text,
      ...(approval ? { approval } : {}),
      ...(Object.keys(this.obligations).length > 0 ? { obligations: this.obligations } : {}),
      ...(this.notChecked.length > 0 ? { notChecked: this.notChecked } : {}),
      ...(this.counts.length > 0 ? { counts: this.counts } : {}),
    };
  }
}

function say(clause: Clause): { code: ReasonCode; what: string } {
  const subject =
    clause.tool !== undefined
      ? `tools named "${clause.tool}"`
      : clause.effect !== undefined
        ? `calls that ${clause.effect}`
        : 'tool calls';
  if (clause.destination === undefined) return { code: 'tool-blocked', what: subject };
  return { code: 'destination-blocked', what: `${subject} to ${clause.destination.replace(/^text:/, '')}` };
}

function ruleTool(policy: Policy, { request, call }: PreparedRequest, ruler: Ruler, rate: RateCount | undefined): void {
  for (const clause of policy['tool.block'] ?? []) {
    if (!ruler.hears('block')) break;
    if (!selects(clause, call)) continue;
    const { code, what } = say(clause);
    ruler.say('block', code, `${what} are blocked`);
  }
  for (const hold of policy['tool.requireApproval'] ?? []) {
    if (!selects(hold.selects, call)) continue;
    ruler.hold(hold.by, hold.timeoutMs);
    if (!ruler.hears('needs_approval')) continue;
    ruler.say(
      'needs_approval',
      'approval-needed',
      `${say(hold.selects).what} need the approval of ${hold.by === 'any' ? 'a person' : hold.by}`,
    );
  }
  for (const list of policy['allow.tools'] ?? []) {
    if (!matchesAnyGlob(list, request.name))
      ruler.say('block', 'not-in-baseline', `the baseline does not name the tool "${request.name}"`);
  }
  for (const clause of policy['rate.limit'] ?? []) {
    if (!clause.selects.some((each) => selects(each, call))) continue;
    ruler.counts.push(clause);
    if (rate === undefined) ruler.unseen('rate.limit', 'calls are not counted here', 'rate', request);
    else if (rate(clause) >= clause.calls)
      ruler.say('block', 'rate', `${clause.calls} calls in ${clause.perMs / 1000} s are reached`);
  }
  const sandbox = policy['sandbox.require'];
  if (sandbox !== undefined) {
    if (request.sandbox === undefined)
      ruler.unseen('sandbox.require', 'the caller does not say in what the tool runs', 'sandbox', request);
    else if (SANDBOX_LEVELS.indexOf(request.sandbox) < SANDBOX_LEVELS.indexOf(sandbox))
      ruler.say('block', 'sandbox', `the tool must run in a ${sandbox}`);
  }
}

/** Refused destinations that a reason names. */
const NAMED = 3;

function permittedBy(patterns: readonly string[], destination: Destination): boolean {
  for (const pattern of patterns) if (permits(pattern, destination)) return true;
  return false;
}

function ruleEgress(policy: Policy, { request, destinations }: PreparedRequest, ruler: Ruler): void {
  const permitted = policy['egress.allow'];
  if (permitted === undefined) return;
  const { found, truncated } = destinations();
  const refused: string[] = [];
  for (const destination of found)
    if (refused.length < NAMED && !permittedBy(permitted, destination))
      refused.push(destination.address ?? destination.host);
  if (refused.length > 0) {
    if (ruler.hears('block')) ruler.say('block', 'egress', `${quote(refused)} is not among the permitted destinations`);
  } else if (truncated) {
    ruler.unseen('egress.allow', 'the arguments are too big to read every destination', 'destinations-unread', request);
  }
}

function ruleIdentity(policy: Policy, { request }: PreparedRequest, ruler: Ruler, nowMs: number): void {
  const scopes = policy['scope.narrow'];
  if (scopes !== undefined) {
    if (request.scopes === undefined)
      ruler.unseen('scope.narrow', 'the caller does not say which scopes the call uses', 'scope', request);
    else {
      const outside = request.scopes.filter((scope) => !scopes.includes(scope));
      if (outside.length > 0) ruler.say('block', 'scope', `the scopes ${quote(outside)} are withdrawn`);
    }
  }
  const level = policy['auth.strength'];
  if (level !== undefined) {
    const given = request.auth?.level;
    if (given === undefined)
      ruler.unseen('auth.strength', 'the caller does not say how the user signed in', 'auth-strength', request);
    else if (AUTH_LEVELS.indexOf(given) < AUTH_LEVELS.indexOf(level))
      ruler.say('block', 'auth-strength', `a sign-in by ${level} is needed`);
  }
  const within = policy['auth.reauthenticate'];
  if (within !== undefined) {
    const at = request.auth?.authenticatedAtMs;
    if (at === undefined)
      ruler.unseen('auth.reauthenticate', 'the caller does not say when the user signed in', 'reauthenticate', request);
    else if (nowMs - at > within)
      ruler.say('block', 'reauthenticate', `a sign-in within the last ${Math.round(within / 1000)} s is needed`);
  }
}

function ruleModel(policy: Policy, { request }: PreparedRequest, ruler: Ruler): void {
  if (matchesAnyGlob(policy['model.deny'] ?? [], request.name))
    ruler.say('block', 'model-denied', `the model "${request.name}" is denied`);
  for (const list of policy['allow.models'] ?? []) {
    if (!matchesAnyGlob(list, request.name))
      ruler.say('block', 'not-in-baseline', `the baseline does not name the model "${request.name}"`);
  }
  const limits = policy['generation.guard'];
  if (limits === undefined) return;
  if (limits.maxOutputTokens !== undefined)
    ruler.obligations.maxOutputTokens = Math.min(limits.maxOutputTokens, request.maxOutputTokens ?? Infinity);
  if (limits.denyToolUse) {
    ruler.obligations.denyToolUse = true;
    if (request.offersTools) ruler.say('block', 'generation', 'the model may not be offered tools');
  }
}

function ruleNames(
  allow: readonly (readonly string[])[] | undefined,
  deny: readonly string[] | undefined,
  noun: string,
  name: string,
  ruler: Ruler,
): void {
  if (matchesAnyGlob(deny ?? [], name))
    ruler.say('block', 'not-in-baseline', `the baseline denies the ${noun} "${name}"`);
  for (const list of allow ?? []) {
    if (!matchesAnyGlob(list, name))
      ruler.say('block', 'not-in-baseline', `the baseline does not name the ${noun} "${name}"`);
  }
}

/** Pure; reads nothing but its arguments. `rate` left out: calls are not counted, which is said. */
export function rule(policy: Policy, prepared: PreparedRequest, nowMs: number, rate?: RateCount): Ruling {
  const { request } = prepared;
  const ruler = new Ruler();
  if (policy['agent.disable']) ruler.say('block', 'agent-disabled', 'the agent is disabled');
  if (policy['session.suspend']) ruler.say('block', 'session-suspended', 'the session is suspended');
  switch (request.kind) {
    case 'tool':
      ruleTool(policy, prepared, ruler, rate);
      ruleEgress(policy, prepared, ruler);
      ruleIdentity(policy, prepared, ruler, nowMs);
      break;
    case 'model':
      ruleModel(policy, prepared, ruler);
      break;
    case 'retrieval':
      ruleNames(policy['allow.datasets'], policy['deny.datasets'], 'dataset', request.name, ruler);
      ruleIdentity(policy, prepared, ruler, nowMs);
      break;
    case 'message':
      ruleNames(policy['allow.peers'], policy['deny.peers'], 'agent', request.name, ruler);
      ruleEgress(policy, prepared, ruler);
      break;
    case 'result':
      break;
  }
  const mask = policy['data.mask'];
  if (mask && (request.kind === 'result' || request.kind === 'retrieval' || request.kind === 'model'))
    ruler.obligations.mask = mask;
  return ruler.ruling();
}
