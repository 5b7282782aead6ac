/**
 * How a search of random faults is run: in pieces, each in a world of its own under a seed of its own, so that what one finds
 * can be found again without the others. It says how far it is, what to type to see a failing piece again, and at the
 * end one line for all of them. A piece that could not be judged counts as a failure, and the others go on.
 */
export interface Verdict {
  faults: Record<string, number>;
  /** What an undisturbed run has and this one has not. */
  lost: string[];
  doubled: string[];
  endless: string[];
  /** Processes that ended, or do not work again; and pieces without a verdict. */
  fallen: string[];
}

export interface FaultRun {
  /** What is harmed, in the lines that are printed. */
  name: string;
  /** The variable of the environment that says how many, and how many without it. */
  variable: string;
  otherwise: number;
  /** Most of one piece. */
  piece: number;
  /** Below tests/faults/, and the test in it: for the line that shows a piece again. */
  file: string;
  test: string;
  search: (count: number, seed: number, onFault: (name: string, index: number) => void) => Promise<Verdict>;
}

const FIRST_SEED = 7;
/** Progress is told this often. */
const TELL_EVERY_MS = 10_000;
/** Of a long list of what is wrong, the beginning. */
const TOLD = 20;

/** A variable of the environment as a number. */
export function numberOf(name: string, otherwise: number): number {
  const given = process.env[name];
  if (given === undefined) return otherwise;
  const number = Number(given);
  if (!Number.isInteger(number) || number < 0) throw new Error(`${name} is no whole number: ${given}`);
  return number;
}

/** Names of faults that alone are drawn, by commas; `undefined`: all. */
export function onlyFaults(): string[] | undefined {
  return process.env['ONLY']?.split(',');
}

/** Seeds rise from SEED (7), one for each piece. Resolves with what all pieces found together. */
export async function runFaults({ name, variable, otherwise, piece, file, test, search }: FaultRun): Promise<Verdict> {
  const total = numberOf(variable, otherwise);
  const all: Verdict = { faults: {}, lost: [], doubled: [], endless: [], fallen: [] };
  const begunAt = Date.now();
  const seconds = (): string => `${Math.round((Date.now() - begunAt) / 1_000)} s`;
  let seed = numberOf('SEED', FIRST_SEED);
  for (let done = 0; done < total; seed++) {
    const count = Math.min(piece, total - done);
    const again = `npm run build && SEED=${seed} ${variable}=${count}${onlyFaults() === undefined ? '' : ` ONLY='${process.env['ONLY'] ?? ''}'`} npx vitest run --config vitest.faults.config.ts tests/faults/${file} -t '${test}'`;
    let [toldAt, last] = [Date.now(), 'before the first fault'];
    const onFault = (fault: string, index: number): void => {
      last = `at fault ${index} (${fault})`;
      if (Date.now() - toldAt < TELL_EVERY_MS && process.env['VERBOSE'] !== 'true') return;
      toldAt = Date.now();
      console.log(`${name}: ${done + index} of ${total} faults, seed ${seed}, ${seconds()}: ${fault}`);
    };
    let found: Verdict;
    try {
      found = await search(count, seed, onFault);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      found = { ...{ faults: {}, lost: [], doubled: [], endless: [] }, fallen: [`no verdict ${last}: ${why}`] };
    }
    done += count;
    for (const [fault, times] of Object.entries(found.faults)) all.faults[fault] = (all.faults[fault] ?? 0) + times;
    let wrong = 0;
    for (const kind of ['lost', 'doubled', 'endless', 'fallen'] as const) {
      for (const what of found[kind].slice(0, TOLD)) console.log(`${name}: ${kind}, seed ${seed}, ${last}: ${what}`);
      all[kind].push(...found[kind]);
      wrong += found[kind].length;
    }
    if (wrong > 0) console.log(`${name}: seed ${seed} again: ${again}`);
    console.log(`${name}: ${line(count, found)} (seed ${seed}, ${seconds()})`);
  }
  console.log(`${name}: ${JSON.stringify(all.faults)}`);
  console.log(`${name}: ${line(total, all)}`);
  return all;
}

/** What a run must come to. */
export function verdictOf({ lost, doubled, endless, fallen }: Verdict): Omit<Verdict, 'faults'> {
  return { lost, doubled, endless, fallen };
}

export const NOTHING_WRONG: Omit<Verdict, 'faults'> = { lost: [], doubled: [], endless: [], fallen: [] };

function line(count: number, { lost, doubled, endless, fallen }: Verdict): string {
  return `${count} faults: ${lost.length} lost, ${doubled.length} doubled, ${endless.length} endless, ${fallen.length} fallen`;
}
