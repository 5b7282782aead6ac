/** The one part of kafkajs that is mended from outside (idle-timers.ts); not typed by the package. */
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
