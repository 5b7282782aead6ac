/** Reading the texts of recorded events again, by whatever a variant asks for. */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { inspectEvent } from '../../inspect/admit.js';
import type { Inspector } from '../../inspect/inspect-text.js';
import { contentHash } from '../../runtime/hash.js';

/** Reads nothing, and says so. Hashes stay: what was told twice is still told once. */
export const unread: Inspector = {
  model: 'none',
  read: (text) => ({ hash: contentHash(text), verdict: { kind: 'skipped', reason: 'text inspection is off' } }),
};

/** What reads texts in an evaluation. */
export interface Readers {
  /** As the configuration has it. */
  configured: Inspector;
  /** Without the text models. */
  phrases: Inspector;
}

/** The event as `inspector` would have left it; what another inspector said of it goes. */
export function inspectedBy(inspector: Inspector, event: TelemetryEvent): TelemetryEvent {
  const { inspections: _inspections, skipped, ...rest } = event;
  const others = skipped?.filter(({ check }) => !check.startsWith('inspection:'));
  return inspectEvent(
    { ...rest, ...(others === undefined || others.length === 0 ? {} : { skipped: others }) },
    inspector,
  );
}
