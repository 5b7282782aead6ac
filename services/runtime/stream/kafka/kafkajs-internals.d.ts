/** The parts of kafkajs that are mended from outside (idle-timers.ts, fetch-answers.ts, reused-connections.ts, rejoined-groups.ts, retention-gaps.ts); not typed by the package. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  interface RequestQueueInternals {
    pending: unknown[];
    throttledUntil: number;
    scheduleCheckPendingRequests: (this: RequestQueueInternals) => void;
  }
  const RequestQueue: { prototype: RequestQueueInternals };
  export default RequestQueue;
}
declare module 'snappyjs' {
  const snappy: {
    compress(input: Buffer): Buffer;
    uncompress(input: Buffer, maxLength?: number): Buffer;
  };
  export default snappy;
}

declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net';
  interface Connection {
    socket: Socket | undefined;
    chunks: Buffer[];
    bytesBuffered: number;
    bytesNeeded: number;
    isConnected(): boolean;
  }
  const Connection: {
    prototype: Connection & {
      connect: (this: Connection) => Promise<true>;
      processData: (this: Connection, data: Buffer) => void;
    };
  };
  export default Connection;
}

declare module 'kafkajs/src/consumer/consumerGroup.js' {
  export interface ConsumerGroupInternals {
    /** Made anew with each assignment. */
    offsetManager: {
      /** A Long. */
      nextOffset(topic: string, partition: number): unknown;
      resolveOffset(last: { topic: string; partition: number; offset: string }): void;
    };
    /** The coordinator's count of assignments. */
    generationId: number;
    memberId: string | null;
    cluster: {
      findGroupCoordinator: (group: { groupId: string }) => Promise<unknown>;
      fetchTopicsOffset: (
        topics: { topic: string; fromBeginning: boolean; partitions: { partition: number }[] }[],
      ) => Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
    };
    recoverFromOffsetOutOfRange: (
      this: ConsumerGroupInternals,
      error: { topic: string; partition: number },
    ) => Promise<void>;
    fetch: (this: ConsumerGroupInternals, nodeId: number) => Promise<object[]>;
    joinAndSync: (this: ConsumerGroupInternals) => Promise<void>;
  }
  const ConsumerGroup: { prototype: ConsumerGroupInternals };
  export default ConsumerGroup;
}

declare module 'kafkajs/src/consumer/runner.js' {
  import type { ConsumerGroupInternals } from 'kafkajs/src/consumer/consumerGroup.js';
  interface RunnerInternals {
    consumerGroup: ConsumerGroupInternals;
    handleBatch: (this: RunnerInternals, batch: object) => Promise<void>;
  }
  const Runner: { prototype: RunnerInternals };
  export default Runner;
}

declare module 'kafkajs/src/protocol/requests/fetch/v11/response.js' {
  import type { KafkaMessage } from 'kafkajs';
  export interface FetchedPartition {
    partition: number;
    errorCode: number;
    highWatermark: string;
    lastStableOffset: string;
    lastStartOffset: string;
    abortedTransactions: { producerId: string; firstOffset: string }[];
    preferredReadReplica: number;
    messages: KafkaMessage[];
  }
  export interface FetchAnswer {
    throttleTime: number;
    clientSideThrottleTime: number;
    errorCode: number;
    sessionId: number;
    responses: { topicName: string; partitions: FetchedPartition[] }[];
  }
  const answer: { decode: (bytes: Buffer) => Promise<FetchAnswer> };
  export default answer;
}

declare module 'kafkajs/src/protocol/message/compression/index.js' {
  const compression: {
    lookupCodecByAttributes(attributes: number): { decompress(bytes: Buffer): Promise<Buffer> } | null;
  };
  export default compression;
}
