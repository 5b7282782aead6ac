/** Who reads: asked by commands that must not work beside running services. */
import type { DriverConfig } from '../../driver-set.js';
import type { Log } from '../../log.js';
import { createClient } from './client.js';
import { kafkaFault } from './faults.js';
import { patiently } from './patience.js';

/** How many processes are members of these groups. */
export async function groupMembers(
  config: Pick<DriverConfig, 'stream'>,
  groups: readonly string[],
  log: Log,
): Promise<number> {
  const { kafka } = config.stream;
  const admin = createClient(kafka, log).admin();
  try {
    await admin.connect();
    const { groups: described } = await patiently(async () =>
      admin.describeGroups(groups.map((group) => `${kafka.prefix}${group}`)),
    );
    return described.reduce((sum, { members }) => sum + members.length, 0);
  } catch (error) {
    throw kafkaFault(error, 'look at groups');
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
