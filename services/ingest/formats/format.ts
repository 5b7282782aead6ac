/** What a dialect has to know: how it names identities, and what its spans mean. */
import type { Drafts } from '../draft.js';
import type { Identity, SpanView } from '../span.js';
import type { Attributes } from '../values.js';

export interface Format {
  identity(attributes: Attributes): Identity;
  /** Adds the span's events; none where the span tells nothing new. */
  decode(span: SpanView, drafts: Drafts): void;
}
