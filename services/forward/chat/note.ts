/**
 * What a person in a chat is told of an incident, a call or a contraction that waits, whatever the chat: a headline, facts,
 * and what can be answered. Every text in it may have been written by an attacker; the formats take care of that. Pure.
 */
import type { Approval } from '../../../schemas/approval.js';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Incident } from '../../../schemas/incident.js';
import { printable } from '../../runtime/printable.js';

export interface Note {
  headline: string;
  text: string;
  facts: readonly (readonly [name: string, value: string])[];
  /** What can be answered to it; left out: nothing. */
  ask?: Ask;
}
export interface Ask {
  /** `call 77c0…` or `contraction 9a1b…`: what an answer names. */
  subject: `${'call' | 'contraction'} ${string}`;
  /** After this no answer counts. */
  untilMs: number;
}

const MAX_TEXT = 600;
const said = (text: string): string => {
  const shown = printable(text);
  return shown.length <= MAX_TEXT ? shown : `${shown.slice(0, MAX_TEXT - 1)}…`;
};
const time = (atMs: number): string => new Date(atMs).toISOString();

export function noteOfIncident(incident: Incident): Note {
  const { id, title, status, severity, mode } = incident;
  const agents = agentsOf(incident);
  const last = incident.timeline.at(-1);
  const paged = incident.timeline.findLast(({ kind }) => kind === 'page');
  return {
    headline: `${severity.toUpperCase()} ${status === 'closed' ? 'incident closed' : paged ? 'incident: please look' : 'incident'}`,
    text: said(title),
    facts: [
      ['Incident', id],
      ['Status', incident.verdict === undefined ? status : `${status}, judged ${incident.verdict.value}`],
      ['Mode', mode === 'observe' ? 'observed, nothing was restricted' : 'enforced'],
      ['Agents', said(agents.join(', ') || '–')],
      ['Playbooks', said(incident.playbooks.map(({ name }) => name).join(', ') || '–')],
      ...(incident.notify === undefined ? [] : [['For', said(incident.notify.join(', '))] as const]),
      ...(incident.assignee === undefined ? [] : [['Assigned to', said(incident.assignee)] as const]),
      ...(paged ? [['Please look', said(paged.text)] as const] : last ? [['Last', said(last.text)] as const] : []),
    ],
  };
}

const agentsOf = ({ findings }: Incident): string[] => [...new Set(findings.map(({ agentId }) => agentId))];

/** What of an incident is worth another message: not every finding that joins it. */
export function newsOfIncident(incident: Incident): string {
  const pages = incident.timeline.filter(({ kind }) => kind === 'page').length;
  return JSON.stringify([
    incident.status,
    incident.severity,
    incident.mode,
    incident.verdict?.value ?? '',
    incident.assignee ?? '',
    pages,
  ]);
}

const OUTCOMES = { approved: 'approved', denied: 'refused', expired: 'not answered in time: refused' } as const;

export function noteOfApproval(approval: Approval): Note {
  const { id, state, agentId, tool, argumentsPreview, reason, expiresAtMs, requestedAtMs } = approval;
  const waits = state === 'pending';
  const agreed = (approval.consents ?? []).map(({ as, by }) => `${by} (${as})`);
  return {
    headline: waits ? 'A call waits for a person' : `The call is ${OUTCOMES[state]}`,
    text: said(`${agentId} asks to call ${tool}`),
    facts: [
      ['Call', id],
      ['Arguments', said(argumentsPreview ?? '–')],
      ['Why it waits', said(reason)],
      ['Since', time(requestedAtMs)],
      ...(waits ? [['Until', time(expiresAtMs)] as const] : []),
      ...(waits && approval.by !== undefined ? [['Has to agree', approval.by.join(' and ')] as const] : []),
      ...(agreed.length > 0 ? [['Agreed', said(agreed.join(', '))] as const] : []),
      ...(approval.decidedBy === undefined ? [] : [['By', said(approval.decidedBy)] as const]),
    ],
    ...(waits ? { ask: { subject: `call ${id}`, untilMs: expiresAtMs } } : {}),
  };
}

export function noteOfContraction(contraction: Contraction): Note {
  const { id, state, target, controls, playbook, approveByMs, maxAtMs, history, author } = contraction;
  const waits = state === 'awaiting_approval';
  const untilMs = approveByMs ?? maxAtMs;
  const last = history.at(-1);
  return {
    headline: waits ? 'A contraction waits for a person' : `The contraction is ${state}`,
    text: said(`${controls.map(({ control }) => control).join(', ')} on ${target.type} ${target.id}`),
    facts: [
      ['Contraction', id],
      ['Playbook', said(playbook?.title ?? 'by hand')],
      ['Why', said(history[0]?.reason ?? '–')],
      ...(waits ? [['Until', time(untilMs)] as const] : []),
      ...(waits && author !== undefined ? [['Not by', said(author)] as const] : []),
      ...(waits || last === undefined ? [] : [['Last', said(`${last.reason} (${last.by})`)] as const]),
    ],
    ...(waits ? { ask: { subject: `contraction ${id}`, untilMs } } : {}),
  };
}
