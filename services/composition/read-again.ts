/** What could not be read, once more, e.g. after an upgrade: durable before it is said to be done. */
import type { DeadLetter } from '../../schemas/deadletter.js';
import type { Ingest } from '../ingest/service.js';
import type { Stream } from '../runtime/stream/types.js';

export async function readAgain(
  ingest: Ingest,
  stream: Stream,
  letter: DeadLetter,
  nowMs: number,
): Promise<{ ok: boolean; message: string }> {
  const again = ingest.intake.again(letter, { source: letter.source, receivedAtMs: nowMs, atMs: nowMs });
  if (!again.ok) return { ok: false, message: again.reason };
  // What is still refused has its letter already.
  const records = again.taken.records.filter(({ topic }) => topic !== 'deadletter');
  await stream.append(await ingest.intake.readOn(records));
  const [fault] = again.taken.refused;
  return fault === undefined
    ? { ok: true, message: `${again.taken.events} events were taken in` }
    : { ok: false, message: fault.message };
}
