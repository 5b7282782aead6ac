/** A timer as drivers take it: its payload is serialized when the timer is set. */
import type { Timer } from './types.js';

export interface SerializedTimer {
  owner: string;
  id: string;
  dueMs: number;
  /** `null`: no payload. */
  json: string | null;
}

export function serializeTimer({ owner, id, dueMs, payload }: Timer): SerializedTimer {
  return { owner, id, dueMs, json: JSON.stringify(payload) ?? null };
}
