/** Promotion edits the overrides' text and keeps its comments, order and everything else that stands in it. */
import { Document, isMap, parseDocument } from 'yaml';
import { StepdownError } from '../../runtime/errors.js';
import { describeDiagnostic } from './diagnostic.js';
import { parseOverrides } from './parse.js';

export interface Promotion {
  playbookId: string;
  mode: 'observe' | 'enforce' | 'off';
  reason: string;
  owner: string;
  expiresAtMs?: number;
}

/**
 * The text of overrides.yaml with the playbook's mode set; `text` empty: a new file.
 * Throws `playbook-invalid` where the text is no valid overrides file: what cannot be read is not overwritten.
 */
export function promote(text: string, promotion: Promotion): string {
  const document =
    text.trim() === ''
      ? new Document({ apiVersion: 'stepdown/v1', kind: 'Overrides', playbooks: {} })
      : parseDocument(text);
  if (text.trim() !== '') {
    const checked = parseOverrides({ file: 'overrides.yaml', text });
    if (!checked.ok)
      throw new StepdownError('playbook-invalid', checked.diagnostics.map(describeDiagnostic).join('; '));
  }
  const path = ['playbooks', promotion.playbookId];
  if (!isMap(document.get('playbooks'))) document.set('playbooks', document.createNode({}));
  if (!isMap(document.getIn(path))) document.setIn(path, document.createNode({}));
  document.setIn([...path, 'mode'], promotion.mode);
  document.setIn([...path, 'reason'], promotion.reason);
  document.setIn([...path, 'owner'], promotion.owner);
  if (promotion.expiresAtMs === undefined) document.deleteIn([...path, 'expires']);
  else document.setIn([...path, 'expires'], new Date(promotion.expiresAtMs).toISOString());
  return document.toString({ lineWidth: 0 });
}

/** Back to observing; the entry stays, so that its params and exceptions do. */
export function demote(text: string, demotion: Omit<Promotion, 'mode'>): string {
  return promote(text, { ...demotion, mode: 'observe' });
}
