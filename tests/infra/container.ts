/** What a Dockerfile says, as far as tests look at it. */
export interface Instruction {
  name: string;
  text: string;
  /** Which of its stages, from 0. */
  stage: number;
}

export function instructionsOf(text: string): Instruction[] {
  const joined = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .replace(/\\\n/g, ' ');
  let stage = -1;
  return joined.split('\n').flatMap((line) => {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (name === undefined || rest === undefined) return [];
    if (name === 'FROM') stage += 1;
    return [{ name, text: rest.replace(/\s+/g, ' ').trim(), stage }];
  });
}

/** `COPY [--from=build] sources… target`. */
export function copies(
  instructions: readonly Instruction[],
  stage: number,
): { from: string | undefined; sources: string[]; target: string }[] {
  return instructions
    .filter(({ name, stage: at }) => name === 'COPY' && at === stage)
    .map(({ text }) => {
      const words = text.split(' ');
      const from = words[0]?.startsWith('--from=') === true ? words.shift()?.slice('--from='.length) : undefined;
      const target = words.pop() ?? '';
      return { from, sources: words, target };
    });
}
