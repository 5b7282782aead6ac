/**
 * A bare kafkajs `eachBatch` loop that only parses what comes, in a process of its own: what our client mends in the library
 * for all that runs beside it is not in there. Told a group, it reads the whole topic once and says how long that took.
 */
import { plainClient } from '../peers/kafka.js';
import { type Took, timed } from './timed.js';

const [brokers = '', topic = '', count = '0'] = process.argv.slice(2);
const kafka = plainClient(brokers.split(','));

/** From the first message to the last; connecting does not count. */
async function readAll(groupId: string): Promise<Took> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 250, maxBytes: 8 * 1024 * 1024 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let seen = 0;
  let took: (() => Took) | undefined;
  const ended = await new Promise<Took>((resolve, reject) => {
    consumer
      .run({
        autoCommit: false,
        partitionsConsumedConcurrently: 32,
        eachBatch: async ({ batch }) => {
          took ??= timed();
          for (const { value } of batch.messages)
            if ((JSON.parse((value as Buffer).toString('utf8')) as { kind?: unknown }).kind !== undefined) seen++;
          if (seen >= Number(count)) resolve(took());
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return ended;
}

process.on('message', (group: string) => void readAll(group).then((took) => process.send?.(took)));
process.once('disconnect', () => process.exit(0));
