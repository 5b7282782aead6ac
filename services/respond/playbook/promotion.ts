/** Promotion edits the overrides' text and keeps its comments, order and everything else that stands in it. */
import { Document, isMap, isSeq, parseDocument } from 'yaml';
import { StepdownError } from '../../runtime/errors.js';
import { describeDiagnostic } from './diagnostic.js';
import { parseOverrides } from './parse.js';

export interface Promotion {
  playbookId: string;
  mode: 'observe' | 'enforce' | 'off';
  /** Enforced only for these; left out: for all. */
  agents?: readonly string[];
  reason: string;
  owner: string;
  expiresAtMs?: number;
}

/**
 * The text of overrides.yaml with the playbook's mode set; `text` empty: a new file.
 * Throws `playbook-invalid` where the text is no valid overrides file: what cannot be read is not overwritten.
 */
export function promote(text: string, promotion: Promotion): string {
  const document = documentOf(text);
  const path = entryOf(document, promotion.playbookId);
  document.setIn([...path, 'mode'], promotion.mode);
  if (promotion.mode !== 'enforce' || promotion.agents === undefined) document.deleteIn([...path, 'agents']);
  else document.setIn([...path, 'agents'], document.createNode(promotion.agents, { flow: true }));
  document.setIn([...path, 'reason'], promotion.reason);
  document.setIn([...path, 'owner'], promotion.owner);
  if (promotion.expiresAtMs === undefined) document.deleteIn([...path, 'expires']);
  else document.setIn([...path, 'expires'], new Date(promotion.expiresAtMs).toISOString());
  return document.toString({ lineWidth: 0 });
}

export interface NewException {
  playbookId: string;
  when: string;
  reason: string;
  owner: string;
  expiresAtMs: number;
}

/** The text with an exception more. The playbook's entry keeps its mode and its own reason where it has one. */
export function addException(text: string, exception: NewException): string {
  const document = documentOf(text);
  const path = entryOf(document, exception.playbookId);
  const { when, reason, owner, expiresAtMs } = exception;
  for (const [name, value] of [
    ['reason', reason],
    ['owner', owner],
  ] as const)
    if (document.getIn([...path, name]) === undefined) document.setIn([...path, name], value);
  const entry = { when, reason, owner, expires: new Date(expiresAtMs).toISOString() };
  if (isSeq(document.getIn([...path, 'except']))) document.addIn([...path, 'except'], document.createNode(entry));
  else document.setIn([...path, 'except'], document.createNode([entry]));
  return document.toString({ lineWidth: 0 });
}

/** Throws `playbook-invalid` where the text is no valid overrides file: what cannot be read is not overwritten. */
function documentOf(text: string): Document {
  const document =
    text.trim() === ''
      ? new Document({ apiVersion: 'stepdown/v1', kind: 'Overrides', playbooks: {} })
      : parseDocument(text);
  if (text.trim() !== '') {
    const checked = parseOverrides({ file: 'overrides.yaml', text });
    if (!checked.ok)
      throw new StepdownError('playbook-invalid', checked.diagnostics.map(describeDiagnostic).join('; '));
  }
  return document;
}

/** The path of a playbook's entry, which is there afterwards. */
function entryOf(document: Document, playbookId: string): string[] {
  const path = ['playbooks', playbookId];
  if (!isMap(document.get('playbooks'))) document.set('playbooks', document.createNode({}));
  if (!isMap(document.getIn(path))) document.setIn(path, document.createNode({}));
  return path;
}

/** Back to observing; the entry stays, so that its params and exceptions do. */
export function demote(text: string, demotion: Omit<Promotion, 'mode'>): string {
  return promote(text, { ...demotion, mode: 'observe' });
}
