/** The event hub of the benchmark, in a process of its own: filled from a file, it says where it is. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { EventHubsPeer } from '../peers/event-hubs.js';

const [file = '', partitions = '4'] = process.argv.slice(2);
const peer = new EventHubsPeer({ partitions: Number(partitions) });
let records = 0;
for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity }))
  peer.append(records++ % Number(partitions), { body: line });
await peer.start();
process.send?.({ connectionString: peer.connectionString, records });
process.once('disconnect', () => process.exit(0));
