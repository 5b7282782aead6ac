/**
 * Mends three faults of kafkajs 2.2.4 that show where a group is joined anew while fetches are under way, as when a leader
 * moved: a consumer has a fetcher per broker, and one of them joins anew by itself while the others go on.
 *
 * - What another fetcher had asked for under the earlier assignment is delivered under the new one, and counts there as
 *   read. Whatever stood before it and was dropped with the earlier assignment would never be read again. Such batches are
 *   dropped too: the new assignment fetches from the committed position.
 * - Two fetchers may join at the same time. The coordinator answers only the later of two requests of one member, and the
 *   other waits until it times out, longer than a session. Whoever wants to join while it is under way shares it.
 * - Where joining failed it goes on to fetch what it had before, as nobody's member: without a member's name it sends no
 *   heartbeats, so nothing tells it to join again, and no position of it counts. Whoever has not joined joins first.
 */
import ConsumerGroup, { type ConsumerGroupInternals } from 'kafkajs/src/consumer/consumerGroup.js';
import Runner from 'kafkajs/src/consumer/runner.js';

let mended = false;

/** Once per process; does nothing where the client is built otherwise. */
export function mendRejoinedGroups(): void {
  if (mended) return;
  mended = true;
  const { fetch, joinAndSync } = ConsumerGroup.prototype;
  const { handleBatch } = Runner.prototype;
  if (![fetch, joinAndSync, handleBatch].every((each) => typeof each === 'function')) return;
  /** Under which assignment a batch was asked for: the client makes an offset manager for each. */
  const askedUnder = new WeakMap<object, unknown>();
  const joining = new WeakMap<ConsumerGroupInternals, Promise<void>>();
  const outside = new WeakSet<ConsumerGroupInternals>();
  ConsumerGroup.prototype.fetch = async function (nodeId) {
    if (outside.has(this)) {
      await this.joinAndSync();
      return [];
    }
    const assignment = this.offsetManager;
    const batches = await fetch.call(this, nodeId);
    for (const batch of batches) askedUnder.set(batch, assignment);
    return batches;
  };
  Runner.prototype.handleBatch = async function (batch) {
    if (askedUnder.get(batch) !== this.consumerGroup.offsetManager) return;
    await handleBatch.call(this, batch);
  };
  ConsumerGroup.prototype.joinAndSync = async function () {
    const running = joining.get(this);
    if (running !== undefined) return running;
    outside.add(this);
    const join = joinAndSync
      .call(this)
      .then(() => void outside.delete(this))
      .finally(() => joining.delete(this));
    joining.set(this, join);
    return join;
  };
}
