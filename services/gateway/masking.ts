/**
 * What a model is not shown of a text (`data.mask`). Pure.
 *
 * `suspicious-spans` takes out what inspection found; where the text was not read, nothing is known to be harmless and
 * all of it goes. `secrets` and `pii` take out what has an unmistakable form (inspect/sensitive.ts); what has none stays,
 * and the answer's `notChecked` says so.
 */
import type { Skip } from '../../schemas/common.js';
import type { Inspection } from '../../schemas/inspection.js';
import { sensitiveStretches, type Stretch, withoutOverlaps, withoutStretches } from '../inspect/sensitive.js';
import type { Masked } from '../policy/controls.js';

export interface MaskedText {
  text: string;
  /** How many stretches were taken out. 0: the text is whole. */
  removed: number;
  notChecked: Skip[];
}

/** A span below this is not taken out: inspection reports faint ones too. */
export const SUSPICIOUS_FROM = 0.3;

export function mask(text: string, what: readonly Masked[], inspection: Inspection | undefined): MaskedText {
  if (what.includes('all')) return { text: '[withheld]', removed: 1, notChecked: [] };
  const stretches: Stretch[] = [];
  const notChecked: Skip[] = [];
  if (what.includes('suspicious-spans')) {
    if (inspection === undefined || inspection.verdict.kind === 'skipped') {
      const reason = inspection?.verdict.kind === 'skipped' ? inspection.verdict.reason : 'the text was not inspected';
      return { text: '[withheld: not inspected]', removed: 1, notChecked: [{ check: 'inspection', reason }] };
    }
    for (const span of inspection.verdict.spans)
      if (span.probability >= SUSPICIOUS_FROM)
        stretches.push({ start: span.start, end: span.end, what: span.suspicion });
  }
  if (what.includes('secrets')) {
    stretches.push(...sensitiveStretches(text, ['secrets']));
    if (inspection?.verdict.kind === 'read')
      for (const span of inspection.verdict.spans)
        if (span.suspicion === 'credential' && span.probability >= SUSPICIOUS_FROM)
          stretches.push({ start: span.start, end: span.end, what: 'credential' });
    notChecked.push({ check: 'data.mask secrets', reason: 'only secrets of a known form are found' });
  }
  if (what.includes('pii')) {
    stretches.push(...sensitiveStretches(text, ['pii']));
    notChecked.push({ check: 'data.mask pii', reason: 'only personal data of a known form is found' });
  }
  const merged = withoutOverlaps(stretches, text.length);
  return { text: withoutStretches(text, merged), removed: merged.length, notChecked };
}
