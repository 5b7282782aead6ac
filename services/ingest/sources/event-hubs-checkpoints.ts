/**
 * Who reads which partition of an event hub, and how far: the SDK's CheckpointStore on our store port, so that one store
 * holds all that must survive. Ownership is compare-and-set on the document's version (the etag); a checkpoint only moves
 * forward, so that a zombie that comes back late takes nothing back.
 */
import type { Checkpoint, CheckpointStore, PartitionOwnership } from '@azure/event-hubs';
import { keyPart } from '../../../schemas/entity.js';
import type { Store } from '../../runtime/store/types.js';

interface Ownership {
  ownerId: string;
  lastModifiedMs: number;
}
interface Position {
  /** As the service names it; opaque where it is geo-replicated. */
  offset: string;
  sequenceNumber: number;
}

const ATTEMPTS = 5;
const MAX_PARTITIONS = 4_096;

export class StoreCheckpoints implements CheckpointStore {
  readonly #store: Store;
  readonly #source: string;
  readonly #now: () => number;

  /** @param source the name that `ingest.sources` gives: two sources on one hub do not share positions */
  constructor(store: Store, source: string, now: () => number) {
    this.#store = store;
    this.#source = source;
    this.#now = now;
  }

  async listOwnership(namespace: string, hub: string, group: string): Promise<PartitionOwnership[]> {
    const prefix = this.#prefix(namespace, hub, group, 'owner');
    const documents = await this.#store.scan<Ownership>(prefix, { limit: MAX_PARTITIONS });
    return documents.map(({ key, value, version }) => ({
      fullyQualifiedNamespace: namespace,
      eventHubName: hub,
      consumerGroup: group,
      partitionId: decodeURIComponent(key.slice(prefix.length)),
      ownerId: value.ownerId,
      lastModifiedTimeInMs: value.lastModifiedMs,
      etag: String(version),
    }));
  }

  /** Who holds a partition; undefined: nobody. */
  async ownerOf(of: Omit<Checkpoint, 'offset' | 'sequenceNumber'>): Promise<string | undefined> {
    const { fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId } = of;
    const [document] = await this.#store.get<Ownership>([
      `${this.#prefix(fullyQualifiedNamespace, eventHubName, consumerGroup, 'owner')}${keyPart(partitionId)}`,
    ]);
    return document?.value.ownerId;
  }

  /** Gives back those that were won; whoever claims with an older etag gets nothing. */
  async claimOwnership(claims: PartitionOwnership[]): Promise<PartitionOwnership[]> {
    const nowMs = this.#now();
    const outcomes = await this.#store.write(
      claims.map((claim) => ({
        key: `${this.#prefix(claim.fullyQualifiedNamespace, claim.eventHubName, claim.consumerGroup, 'owner')}${keyPart(claim.partitionId)}`,
        value: { ownerId: claim.ownerId, lastModifiedMs: nowMs } satisfies Ownership,
        expectVersion: claim.etag === undefined ? 0 : Number(claim.etag),
      })),
    );
    return claims.flatMap((claim, index) => {
      const outcome = outcomes[index];
      return outcome?.ok === true ? [{ ...claim, lastModifiedTimeInMs: nowMs, etag: String(outcome.version) }] : [];
    });
  }

  async updateCheckpoint(checkpoint: Checkpoint): Promise<void> {
    const key = this.#positionKey(checkpoint);
    const value: Position = { offset: checkpoint.offset, sequenceNumber: checkpoint.sequenceNumber };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [known] = await this.#store.get<Position>([key]);
      if (known !== undefined && known.value.sequenceNumber >= value.sequenceNumber) return;
      const [outcome] = await this.#store.write([{ key, value, expectVersion: known?.version ?? 0 }]);
      if (outcome?.ok === true) return;
    }
    // Others write it all the time: theirs is as good, and what is behind it is only read again.
  }

  async listCheckpoints(namespace: string, hub: string, group: string): Promise<Checkpoint[]> {
    const prefix = this.#prefix(namespace, hub, group, 'position');
    const documents = await this.#store.scan<Position>(prefix, { limit: MAX_PARTITIONS });
    return documents.map(({ key, value }) => ({
      fullyQualifiedNamespace: namespace,
      eventHubName: hub,
      consumerGroup: group,
      partitionId: decodeURIComponent(key.slice(prefix.length)),
      offset: value.offset,
      sequenceNumber: value.sequenceNumber,
    }));
  }

  /** Begins anew where the hub itself did (it was deleted and made again): its numbers are lower than what is known. */
  async restart(checkpoint: Omit<Checkpoint, 'offset' | 'sequenceNumber'>): Promise<void> {
    await this.#store.write([{ key: this.#positionKey(checkpoint), value: undefined }]);
  }

  #positionKey(of: Omit<Checkpoint, 'offset' | 'sequenceNumber'>): string {
    return `${this.#prefix(of.fullyQualifiedNamespace, of.eventHubName, of.consumerGroup, 'position')}${keyPart(of.partitionId)}`;
  }

  #prefix(namespace: string, hub: string, group: string, what: 'owner' | 'position'): string {
    const parts = [this.#source, namespace.toLowerCase(), hub.toLowerCase(), group.toLowerCase()].map(keyPart);
    return `ingest/eventhubs/${parts.join('/')}/${what}/`;
  }
}
