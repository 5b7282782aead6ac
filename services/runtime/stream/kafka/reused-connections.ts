/**
 * Mends a fault of kafkajs 2.2.4: it connects anew with the same object, and keeps in it what was read of an answer that a
 * broken connection cut in half. The next connection's bytes are then taken for the rest of that answer, and what follows
 * is read at the wrong place: at best a request is never answered, at worst an exception in the socket's own event ends the
 * process. A connection begins with nothing read, and its former socket says nothing any more.
 */
import Connection from 'kafkajs/src/network/connection.js';

/** Bytes that say how long an answer is. */
const SIZE_BYTES = 4;

let mended = false;

/** Once per process; does nothing where the client is built otherwise. */
export function mendReusedConnections(): void {
  if (mended) return;
  mended = true;
  const { prototype } = Connection;
  const { connect, processData } = prototype;
  if (typeof connect !== 'function' || typeof processData !== 'function') return;
  prototype.connect = function () {
    if (!this.isConnected()) {
      const former = this.socket;
      if (former !== undefined) {
        former.removeAllListeners();
        former.on('error', () => undefined);
        former.destroy();
      }
      this.chunks = [];
      this.bytesBuffered = 0;
      this.bytesNeeded = SIZE_BYTES;
    }
    return connect.call(this);
  };
  // What cannot be read all the same is the end of this connection, not of the process.
  prototype.processData = function (data) {
    try {
      processData.call(this, data);
    } catch (error) {
      this.socket?.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };
}
