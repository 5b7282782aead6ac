import { describe, expect, it } from 'vitest';
import { PositionsBehind } from '../../../services/runtime/checkpoint/positions-behind.js';
import { StepdownError } from '../../../services/runtime/errors.js';
import type { GroupPosition } from '../../../services/runtime/stream/types.js';

const at = (offset: number, partition = 0): GroupPosition => ({ group: 'g', topic: 'signals', partition, offset });

/** Commits that the test lets end, each as it says. */
function slowCommits() {
  const begun: GroupPosition[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const positions = new PositionsBehind(
    async (position) =>
      new Promise((resolve, reject) => {
        begun.push(position);
        ends.push((error) => (error === undefined ? resolve() : reject(error)));
      }),
  );
  return { begun, positions, end: async (which: number, error?: Error) => ends[which]?.(error) };
}
const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('positions behind the work', () => {
  it('are made one at a time in a partition, the last of those that wait, and other partitions go their own way', async () => {
    const { begun, positions, end } = slowCommits();
    for (const offset of [1, 2, 3]) positions.move(at(offset));
    positions.move(at(7, 1));
    expect(begun).toEqual([at(1), at(7, 1)]);
    let idle = false;
    const waited = positions.idle().then(() => (idle = true));
    await end(0);
    await turn();
    expect(begun).toEqual([at(1), at(7, 1), at(3)]);
    await end(1);
    await turn();
    expect(idle).toBe(false);
    await end(2);
    await waited;
  });

  it('are tried again where the broker does not take them, or the one that came since; not where another has the partition', async () => {
    const { begun, positions, end } = slowCommits();
    positions.move(at(1));
    await end(0, new StepdownError('driver-unavailable', 'away'));
    await expect.poll(() => begun.length).toBe(2);
    expect(begun[1]).toEqual(at(1));
    positions.move(at(2));
    await end(1, new StepdownError('driver-unavailable', 'still away'));
    await expect.poll(() => begun.length).toBe(3);
    expect(begun[2]).toEqual(at(2));
    await end(2, new StepdownError('not-owner', 'another has it'));
    await positions.idle();
    expect(begun).toHaveLength(3);
    positions.move(at(4));
    expect(begun[3]).toEqual(at(4));
    await end(3);
    await positions.idle();
  });
});
