/** Does what the engine does all day, with a document of its own: rights, scripts, and how long a durable write takes. */
import { randomUUID } from 'node:crypto';
import type { Store } from '../../../runtime/store/types.js';
import { faultCheck } from '../fault.js';
import { type Check, ok, warning } from '../finding.js';

const CHECK = 'redis trial';
const WRITES = 11;
/** A write within this is quick enough for a decision to become durable before its answer goes out, milliseconds. */
const SLOW_MS = 20;

export async function trialCheck(store: Store): Promise<Check> {
  const key = `doctor/${randomUUID()}`;
  try {
    const took: number[] = [];
    for (let version = 0; version < WRITES; version++) {
      const begunAt = performance.now();
      await store.write([{ key, value: { version }, expectVersion: version }]);
      took.push(performance.now() - begunAt);
    }
    await store.scan('doctor/', { limit: 1 });
    await store.write([{ key, value: undefined }]);
    const median = took.sort((a, b) => a - b)[Math.floor(WRITES / 2)] ?? 0;
    const detail = `written, read and deleted; a write took ${median.toFixed(1)} ms (median of ${WRITES})`;
    return median <= SLOW_MS
      ? ok(CHECK, detail)
      : warning(CHECK, detail, 'bring Redis nearer, or give it a faster disk for its append-only file');
  } catch (error) {
    return faultCheck(CHECK, error);
  }
}
