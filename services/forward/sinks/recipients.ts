/** Which records a sink takes whose configuration names recipients: playbooks name them in `notify`. */
import { glob } from '../../policy/glob.js';
import type { ForwardRecord } from '../record.js';

/** Incidents whose playbooks name one of these recipients; none given: all. */
export function namesOne(recipients: readonly string[] = []): (record: ForwardRecord) => boolean {
  const matchers = recipients.map((pattern) => glob(pattern));
  return ({ kind, value }) =>
    matchers.length === 0 ||
    ((kind === 'incident' || kind === 'contraction') &&
      (value.notify ?? []).some((name) => matchers.some((matches) => matches(name))));
}

/** Contractions that wait for a person, or did. */
export function hasWaited(recipients: readonly string[] | undefined): (record: ForwardRecord) => boolean {
  const named = namesOne(recipients);
  return (record) =>
    record.kind === 'contraction' && record.value.history.some(({ to }) => to === 'awaiting_approval') && named(record);
}
