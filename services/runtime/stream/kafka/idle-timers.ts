/**
 * Mends a fault of kafkajs 2.2.4 (its issues 1704 and 1751): a request queue with nothing to send asks for a timer in
 * the past again and again, about once a millisecond and broker, and newer versions of Node warn of each. With nothing
 * pending there is nothing to check, so no timer is set; what is pushed later sets its own.
 */
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

let mended = false;

/** Once per process; does nothing where the client is built otherwise. */
export function mendIdleTimers(): void {
  if (mended) return;
  mended = true;
  const { prototype } = RequestQueue;
  const schedule = prototype.scheduleCheckPendingRequests;
  if (typeof schedule !== 'function') return;
  prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
    schedule.call(this);
  };
}
