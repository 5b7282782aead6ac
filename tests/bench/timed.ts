/** Milliseconds by the clock, and of this process's work: on a busy machine only the latter says what something costs. */
export interface Took {
  ms: number;
  workMs: number;
}

/** Begins to measure; the answer says what passed since. */
export function timed(): () => Took {
  const [begun, work] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(work);
    return { ms: performance.now() - begun, workMs: (user + system) / 1_000 };
  };
}
