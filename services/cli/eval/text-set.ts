/** Labelled texts (`{text, label, source, role?}`, one JSON object a line), as inspection reads them. */
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { ROLES, type TextRole } from '../../../schemas/inspection.js';
import type { Inspector } from '../../inspect/inspect-text.js';
import { StepdownError } from '../../runtime/errors.js';
import { readLines } from '../backtest/labels-file.js';
import { type Separation, separationOf } from './measures.js';

const LabelledText = Type.Object({
  text: Type.String(),
  label: Type.Union([Type.Literal(0), Type.Literal(1), Type.Boolean()], {
    description: '0 or false: clean, 1 or true: an attack',
  }),
  source: Type.Optional(Type.String()),
  role: Type.Optional(Type.Union(ROLES.map((role) => Type.Literal(role)))),
});
export type LabelledText = Static<typeof LabelledText>;

export interface ReadText {
  /** In its file, from 1. */
  line: number;
  role: TextRole;
  text: string;
  source: string;
  positive: boolean;
  /** Probability; 0 where nothing was read. */
  score: number;
  cluster: string;
}

export interface TextSet {
  name: string;
  texts: ReadText[];
  skipped: number;
  /** Texts without a role of their own, and which they were read in. */
  roleless: { count: number; role: TextRole };
  seconds: number;
  chars: number;
}

/**
 * Throws `input-malformed` with file and line.
 *
 * @param otherwise the role of texts that name none: what is an honest order in a user's words is a planted one in a tool's result
 */
export async function readTextSet(file: string, inspector: Inspector, otherwise: TextRole = 'user'): Promise<TextSet> {
  const texts: ReadText[] = [];
  let skipped = 0;
  let chars = 0;
  let count = 0;
  const begunAt = performance.now();
  for (const [index, line] of readLines(file).entries()) {
    if (line.trim() === '') continue;
    const { text, label, source = 'unnamed', role: own } = labelled(line, { file, line: index + 1 });
    const role = own ?? otherwise;
    if (own === undefined) count += 1;
    // Whoever waits for an answer here can wait for the slower readers, too.
    await inspector.readAhead?.([{ text, role }]);
    const { verdict } = inspector.read(text, role);
    if (verdict.kind === 'skipped') skipped += 1;
    chars += text.length;
    texts.push({
      line: index + 1,
      role,
      text,
      source,
      positive: Boolean(label),
      score: verdict.kind === 'read' ? verdict.probability : 0,
      cluster: `${source}\u0000${index}`,
    });
  }
  if (texts.length === 0)
    throw new StepdownError('input-malformed', 'there is no text in it', {
      place: { file },
      mend: 'one {"text", "label"} a line',
    });
  const name = file.replace(/^.*[\\/]/, '').replace(/\.jsonl(?:\.gz)?$/, '');
  return {
    name,
    texts,
    skipped,
    roleless: { count, role: otherwise },
    chars,
    seconds: (performance.now() - begunAt) / 1000,
  };
}

function labelled(line: string, place: { file: string; line: number }): LabelledText {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new StepdownError('input-malformed', 'the line is no JSON', { place, cause });
  }
  const fault = Value.Errors(LabelledText, value).First();
  if (fault !== undefined)
    throw new StepdownError(
      'input-malformed',
      `the text's ${fault.path}: ${fault.schema.description ?? fault.message}`,
      { place },
    );
  return value as LabelledText;
}

/**
 * Each source of positives by the threshold that all other sources' clean texts set, so that no source sets its own
 * (leave one source out). Where a source has clean texts, what of them is flagged at that threshold is told too. Where no
 * other source has any, its own set it.
 */
export function bySource(
  { texts }: TextSet,
  rate: number,
): { source: string; separation: Separation; flaggedClean: number; clean: number }[] {
  const sources = [...new Set(texts.filter(({ positive }) => positive).map(({ source }) => source))].sort();
  return sources.map((source) => {
    const positives = texts.filter((text) => text.positive && text.source === source);
    const others = texts.filter((text) => !text.positive && text.source !== source);
    const own = texts.filter((text) => !text.positive && text.source === source);
    const separation = separationOf([...positives, ...(others.length > 0 ? others : own)], [rate]);
    const threshold = separation.recallAt[0]?.threshold ?? Number.POSITIVE_INFINITY;
    return {
      source,
      separation,
      flaggedClean: own.filter(({ score }) => score >= threshold).length,
      clean: own.length,
    };
  });
}
