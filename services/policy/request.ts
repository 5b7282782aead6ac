/** The question "may this run now?", as the decision path asks it. */
import type { EffectClass, Skip } from '../../schemas/common.js';
import type { ACTION_KINDS, Verdict } from '../../schemas/decision.js';
import type { EntityRef } from '../../schemas/entity.js';
import type { AuthLevel, Masked, RateClause, SandboxLevel } from './controls.js';

export interface AccessRequest {
  tenant: string;
  kind: (typeof ACTION_KINDS)[number];
  /** The tool, model, dataset or peer agent; for `result` the tool that gave it. */
  name: string;
  agentId: string;
  sessionId: string;
  blueprint?: string;
  userId?: string;
  /** The model that asks, where the action is not a model call itself. */
  model?: string;
  /** The MCP server that offers the tool. */
  server?: string;
  toolCallId?: string;
  arguments?: unknown;
  /** What the call does to the world. Empty: not known, taken for side-effecting. */
  effects: readonly EffectClass[];
  /** Destinations known besides those that stand in the arguments. */
  destinations?: readonly string[];
  /** How and when the user signed in, as far as the caller can tell. */
  auth?: { level?: AuthLevel; authenticatedAtMs?: number };
  /** The permission scopes that the call uses. */
  scopes?: readonly string[];
  /** In what the tool would run. */
  sandbox?: SandboxLevel;
  maxOutputTokens?: number;
  /** Of a model call: it offers tools to the model. */
  offersTools?: boolean;
}

/** What a caller has to do to an action that may run. */
export interface Obligations {
  mask?: readonly Masked[];
  maxOutputTokens?: number;
  denyToolUse?: boolean;
}

export interface ApprovalNeed {
  /** Groups of which each must agree; empty: anyone who may approve. */
  by: readonly ('owner' | 'soc')[];
  timeoutMs: number;
}

export type ReasonCode =
  | 'nothing-wrong'
  | 'approved'
  | 'approval-denied'
  | 'approval-needed'
  | 'tool-blocked'
  | 'destination-blocked'
  | 'egress'
  | 'destinations-unread'
  | 'model-denied'
  | 'scope'
  | 'auth-strength'
  | 'reauthenticate'
  | 'sandbox'
  | 'generation'
  | 'rate'
  | 'session-suspended'
  | 'agent-disabled'
  | 'not-in-baseline';

/** What one policy says to one request. */
export interface Ruling {
  verdict: Verdict;
  code: ReasonCode;
  text: string;
  approval?: ApprovalNeed;
  obligations?: Obligations;
  notChecked?: Skip[];
  /** Rate clauses that count this call. */
  counts?: readonly RateClause[];
}

export interface PolicyDecision {
  verdict: Verdict;
  /** Active, enforced contractions that made the verdict what it is. Empty where it is `allow` or the baseline's. */
  contractions: string[];
  playbooks: string[];
  findings: string[];
  reason: { code: ReasonCode; text: string };
  /** What the agent is told. */
  refusal?: string;
  approval?: ApprovalNeed;
  obligations?: Obligations;
  /** What contractions in observe mode would have made of it, where that is stricter. */
  wouldBe?: { verdict: Verdict; contractions: string[] };
  notChecked: Skip[];
  /** What to count once the call runs; `source` is a contraction id or `baseline`. */
  counts: { source: string; clause: RateClause }[];
}

/** The entities a request is about; a contraction applies where its target is one of them. */
export function subjectsOf(request: AccessRequest): EntityRef[] {
  const { tenant } = request;
  const subjects: EntityRef[] = [
    { tenant, type: 'session', id: request.sessionId },
    { tenant, type: 'agent', id: request.agentId },
  ];
  if (request.blueprint !== undefined) subjects.push({ tenant, type: 'blueprint', id: request.blueprint });
  if (request.userId !== undefined) subjects.push({ tenant, type: 'user', id: request.userId });
  if (request.kind === 'tool' || request.kind === 'result') subjects.push({ tenant, type: 'tool', id: request.name });
  if (request.server !== undefined) subjects.push({ tenant, type: 'mcp-server', id: request.server });
  const model = request.kind === 'model' ? request.name : request.model;
  if (model !== undefined) subjects.push({ tenant, type: 'model', id: model });
  if (request.kind === 'retrieval') subjects.push({ tenant, type: 'dataset', id: request.name });
  return subjects;
}
