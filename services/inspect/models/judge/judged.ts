/**
 * A bigger judge from outside behind the models: asked about what they doubt, within a budget, and believed so far.
 *
 * It reads what an attacker wrote and may be talked round by it. So its word may raise a probability freely and lower one
 * only by a bounded factor of the odds. It is asked for a number and for nothing else; whatever else it answers is dropped.
 */
import type { Inspection, Span, TextRole } from '../../../../schemas/inspection.js';
import type { Read } from '../../inspect-text.js';
import { withUnread } from '../../left-out.js';

export interface JudgeQuestion {
  /** Who speaks in the text. */
  role: TextRole;
  /** The doubted stretch, at most {@link MAX_EXCERPT} UTF-16 units with what stands around it. */
  excerpt: string;
}

export type JudgeAnswer =
  /** 0 to 1: how likely the excerpt is an attack. */
  { kind: 'judged'; probability: number; model: string } | { kind: 'unasked' | 'failed'; reason: string };

export interface Judge {
  /** Never throws, and answers within its time limit. */
  ask(question: JudgeQuestion): Promise<JudgeAnswer>;
}

export interface JudgeTier {
  judge: Judge;
  /** Texts whose probability lies between these are asked about, 0 to 1. */
  from: number;
  until: number;
}

export const MAX_EXCERPT = 4000;
const AROUND = 400;
/** A judge may lower log-odds by this much: odds of one in one become one in seven. */
const MOST_LOWERED = 2;
/** The judge's own certainty ends here. */
const SURE = 0.98;

/** Words of the operator and of the model itself are nobody's attack. */
const ASKED_ABOUT: ReadonlySet<TextRole> = new Set(['user', 'tool', 'document', 'memory', 'agent', 'description']);

export function isForJudge({ from, until }: JudgeTier, verdict: Inspection['verdict'], role: TextRole): boolean {
  return (
    verdict.kind === 'read' && ASKED_ABOUT.has(role) && verdict.probability >= from && verdict.probability <= until
  );
}

/** The verdict with the judge's word, or with the reason why it has none. */
export async function judged(
  { judge }: JudgeTier,
  read: Read,
  text: string,
  role: TextRole,
  keepText: boolean,
): Promise<Read> {
  if (read.verdict.kind !== 'read') return read;
  const { verdict } = read;
  const worst = verdict.spans.reduce<Span | undefined>(
    (most, span) => (most !== undefined && most.probability >= span.probability ? most : span),
    undefined,
  );
  const start = Math.max(0, (worst?.start ?? 0) - AROUND);
  const excerpt = text.slice(start, Math.min(text.length, start + MAX_EXCERPT, (worst?.end ?? text.length) + AROUND));
  // What a layer hid does not stand in the text as it was received: the span's own words go along.
  const hidden = worst?.layers !== undefined && worst.text !== undefined ? `\n\nDecoded:\n${worst.text}` : '';
  const answer = await judge.ask({ role, excerpt: `${excerpt}${hidden}`.slice(0, MAX_EXCERPT) });
  if (answer.kind !== 'judged')
    return withUnread(read, `the judge ${answer.kind === 'failed' ? 'failed' : 'was left out'}: ${answer.reason}`);
  const by = moveOf(verdict.probability, answer.probability);
  const probability = movedBy(verdict.probability, by);
  const spans = verdict.spans.map((span) => ({ ...span, probability: movedBy(span.probability, by) }));
  if (spans.length === 0)
    spans.push({
      start,
      end: start + excerpt.length,
      probability,
      suspicion: 'injection',
      rule: 'judge-1',
      ...(keepText ? { text: excerpt.slice(0, 2000) } : {}),
    });
  return { ...read, verdict: { ...verdict, model: `${verdict.model}+judge:${answer.model}`, probability, spans } };
}

/** How far the judge moves the log-odds: half of the way to its own, up without a bound, down to one. */
export function moveOf(probability: number, judged: number): number {
  const own = logOdds(Math.min(SURE, Math.max(1 - SURE, judged)));
  const now = logOdds(probability);
  return Math.max(-MOST_LOWERED, own > now ? own - now : (own - now) / 2);
}

function movedBy(probability: number, by: number): number {
  return Math.round(1e4 / (1 + Math.exp(-(logOdds(probability) + by)))) / 1e4;
}

function logOdds(probability: number): number {
  const held = Math.min(1 - 1e-4, Math.max(1e-4, probability));
  return Math.log(held / (1 - held));
}
