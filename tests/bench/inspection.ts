/**
 * What reading texts costs, in processor time: the whole inspection as the default configuration has it, the fast tier's
 * network alone, and the one pass that says which rules are worth trying. Each text is read as if never seen.
 */
import { createInspector } from '../../services/inspect/inspect-text.js';
import { openInspector } from '../../services/inspect/models/open-inspector.js';
import { openFastReader } from '../../services/inspect/models/weight-files.js';
import { RULES } from '../../services/inspect/patterns.js';
import { Prefilter } from '../../services/inspect/rules/prefilter.js';

const UNITS = 2048;
const WORDS =
  'report invoice meeting table station delivery amount status north garden supplier weekly revised open total river note morning'.split(
    ' ',
  );

/** Texts of about 2 KB as tools give them back: records, mails with a request in them, logs. `seed` makes each another. */
function textsOf(count: number): { kind: string; text: string }[] {
  const word = (seed: number): string => WORDS[(Math.imul(seed, 0x9e3779b1) >>> 8) % WORDS.length] as string;
  const filled = (line: (at: number) => string): string => {
    let text = '';
    for (let at = 0; text.length < UNITS; at++) text += line(at);
    return text.slice(0, UNITS);
  };
  return Array.from({ length: count }, (_, index) => {
    const of = (at: number): number => index * 1000 + at;
    const [kind, line] = (
      [
        [
          'records',
          (at: number) =>
            `{"id": ${of(at)}, "name": "${word(of(at))} ${word(of(at) + 7)}", "amount": ${of(at) % 977}.50},\n`,
        ],
        [
          'mails',
          (at: number) =>
            at === 2
              ? 'Could you send me the numbers by Friday? '
              : `The ${word(of(at))} of the ${word(of(at) + 3)} was ${word(of(at) + 5)} in ${word(of(at) + 9)}. `,
        ],
        [
          'logs',
          (at: number) =>
            `2026-03-04T05:06:${String(at % 60).padStart(2, '0')}Z info ${word(of(at))}: ${word(of(at) + 1)} took ${of(at) % 89} ms\n`,
        ],
      ] as const
    )[index % 3] as readonly [string, (at: number) => string];
    return { kind, text: filled(line) };
  });
}

function microseconds(take: (text: string) => void, texts: readonly { text: string }[]): number {
  const begun = process.cpuUsage();
  for (const { text } of texts) take(text);
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / texts.length;
}

export async function benchInspection(rounds = 7): Promise<void> {
  const texts = textsOf(900);
  const fast = await openFastReader();
  const whole = await openInspector({ models: 'fast', remembered: 1 });
  const phrases = createInspector({ remembered: 1 });
  const gate = new Prefilter(RULES);
  const parts: [string, (text: string) => void, string?][] = [
    ['whole', (text) => whole.read(text, 'tool')],
    ['  records', (text) => whole.read(text, 'tool'), 'records'],
    ['  mails', (text) => whole.read(text, 'tool'), 'mails'],
    ['  logs', (text) => whole.read(text, 'tool'), 'logs'],
    ['phrases', (text) => phrases.read(text, 'tool')],
    ['network', (text) => fast.read(text)],
    ['gate', (text) => gate.note(text)],
  ];
  for (const [name, take, only] of parts) {
    const read = texts.filter(({ kind }) => only === undefined || kind === only);
    const taken = Array.from({ length: rounds }, () => microseconds(take, read)).sort((a, b) => a - b);
    const median = taken[rounds >> 1] as number;
    console.log(
      `inspection      ${name.padEnd(10)} ${median.toFixed(0).padStart(5)} µs of processor time for 2 KB, ${(UNITS / median).toFixed(1)} MB/s (median of ${rounds}, ${(taken[0] as number).toFixed(0)} to ${(taken.at(-1) as number).toFixed(0)}; aim ≤ 50)`,
    );
  }
}
