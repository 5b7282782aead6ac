/** One line per incident version, for people who watch. It cannot fail for long: a closed pipe is a retry. */
import type { Writable } from 'node:stream';
import type { SendOutcome, Sink } from '../sink.js';
import { printable } from '../../runtime/printable.js';

export function consoleSink(name: string, out: Writable): Sink<'incident'> {
  return {
    name,
    takes: 'incident',
    maxBatch: 50,
    async send(batch): Promise<SendOutcome> {
      const lines = batch.map(({ value: incident }) => {
        const verdict = incident.verdict === undefined ? '' : ` verdict=${incident.verdict.value}`;
        return printable(
          `incident ${incident.id} v${incident.version} ${incident.status} ${incident.severity} [${incident.mode}]${verdict} ${incident.title} — ${incident.findings.length} findings, ${incident.contractionIds.length} contractions`,
        );
      });
      return new Promise((resolve) => {
        out.write(`${lines.join('\n')}\n`, (error) =>
          resolve(error ? { kind: 'retryable', reason: error.message } : { kind: 'success' }),
        );
      });
    },
    async close() {
      // The stream is not ours.
    },
  };
}
