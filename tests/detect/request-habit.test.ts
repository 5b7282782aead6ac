import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalWords } from '../../services/detect/provenance.js';
import {
  newRequestHabit,
  newRequestMet,
  noteRequestCalls,
  type RequestHabit,
  requestUses,
  requestWords,
  requestWordsOf,
  shrinkRequestHabit,
} from '../../services/detect/request-habit.js';

const requestUse = (habit: RequestHabit | undefined, words: ReadonlySet<string>, calls: readonly string[]) =>
  requestUses(habit, words)(calls);

const wordsOf = (...texts: string[]): ReadonlySet<string> => requestWords(texts.map(normalWords).join(''));

function converse(habit: RequestHabit, asked: string, calls: readonly string[], clean = true): void {
  const met = newRequestMet();
  for (const call of calls) noteRequestCalls(habit, met, { words: wordsOf(asked), texts: 1 }, [call], clean);
}

const PEOPLE = ['Ann Lee', 'Bo Okafor', 'Chiara Rossi', 'Dmitri Novak', 'Eva Lind', 'Farid Aziz'];

function desk(): RequestHabit {
  const habit = newRequestHabit();
  PEOPLE.forEach((person, at) => {
    converse(habit, `Refund order ${4700 + at} of ${person}, please.`, ['get_order', 'refund', 'send_mail']);
    converse(habit, `Which meetings does ${person} have on Tuesday?`, ['list_events']);
  });
  return habit;
}

describe('which calls belong to which requests', () => {
  test('a request of a known kind, of somebody never heard of', () => {
    const habit = desk();
    const asked = wordsOf('Please refund order 9911 of Greta Svensson.');
    expect(requestUse(habit, asked, ['refund']).used).toBeGreaterThan(0.9);
    expect(requestUse(habit, asked, ['refund']).unused).toBeLessThan(0.05);
    expect(requestUse(habit, asked, ['create_user'])).toMatchObject({ used: 0, known: 1 });
    expect(requestUse(habit, asked, ['create_user']).unused).toBeGreaterThan(0.9);
  });

  test('what one kind of request leads to another does not', () => {
    const meetings = wordsOf('Which meetings does Hanna have on Friday?');
    expect(requestUse(desk(), meetings, ['refund']).unused).toBeGreaterThan(0.9);
    expect(requestUse(desk(), meetings, ['list_events']).used).toBeGreaterThan(0.9);
  });

  test('in a language without spaces', () => {
    const habit = newRequestHabit();
    for (const at of [1, 2, 3, 4]) converse(habit, `注文${at}を返金してください`, ['refund']);
    expect(requestUse(habit, wordsOf('注文77を返金してください'), ['refund']).used).toBeGreaterThan(0.9);
  });

  test('nothing is known of a request of another kind, nor of an agent that is new', () => {
    const nothing = { used: 0, unused: 0, known: 0 };
    expect(requestUse(desk(), wordsOf('Übersetze den Vertrag ins Deutsche'), ['refund'])).toEqual(nothing);
    expect(requestUse(undefined, wordsOf('Refund order 1'), ['refund'])).toEqual(nothing);
    expect(requestUse(desk(), wordsOf('Refund order 1'), [])).toEqual(nothing);
  });

  test('one conversation says little', () => {
    const habit = newRequestHabit();
    converse(habit, 'Refund order 4711 of Ann Lee, please.', ['refund']);
    expect(requestUse(habit, wordsOf('Refund order 4712 of Bo Okafor, please.'), ['send_mail']).unused).toBeLessThan(
      0.5,
    );
  });

  test('all programs of a command must have been there', () => {
    const habit = newRequestHabit();
    for (const at of [1, 2, 3]) converse(habit, `Fix the failing tests of module ${at}`, ['npm test', 'git commit']);
    const asked = wordsOf('Fix the failing tests of module 9');
    expect(requestUse(habit, asked, ['npm test', 'git commit']).used).toBeGreaterThan(0.9);
    expect(requestUse(habit, asked, ['npm test', 'curl']).used).toBe(0);
  });

  test('what was found, or held, teaches a kind that is settled nothing, however often it comes', () => {
    const habit = desk();
    for (let at = 0; at < 30; at++) converse(habit, `Refund order ${at} of Ivo Sato, please.`, ['create_user'], false);
    expect(requestUse(habit, wordsOf('Refund order 9911 of Greta Svensson, please.'), ['create_user']).used).toBe(0);
  });

  test('a conversation counts a call once, and anew when the user asks for more', () => {
    const habit = newRequestHabit();
    const met = newRequestMet();
    const first = { words: wordsOf('Refund order 4711'), texts: 1 };
    for (let at = 0; at < 5; at++) noteRequestCalls(habit, met, first, ['refund'], true);
    expect(habit.kinds).toHaveLength(1);
    expect(Object.values(habit.kinds[0]?.t ?? {})).toEqual([1]);
    const more = {
      words: wordsOf('Refund order 4711', 'Which meetings does everybody have tomorrow morning'),
      texts: 2,
    };
    noteRequestCalls(habit, met, more, ['list_events'], true);
    expect(habit.kinds.reduce((sum, { n }) => sum + n, 0)).toBe(2);
  });

  test('it stays small, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.lorem({ maxCount: 30 }), fc.array(fc.string(), { maxLength: 30 })), { maxLength: 60 }),
        (conversations) => {
          const habit = newRequestHabit();
          for (const [asked, calls] of conversations) converse(habit, asked, calls);
          expect(JSON.stringify(habit).length).toBeLessThan(6000);
          const before = habit.kinds.length;
          shrinkRequestHabit(habit);
          expect(habit.kinds.length).toBeLessThanOrEqual(Math.max(1, before));
          for (const { n, t } of habit.kinds)
            for (const times of Object.values(t)) expect(times).toBeLessThanOrEqual(n);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('the words of a conversation are those of all its texts, also when more come', () => {
    const texts = [normalWords('Refund order 4711')];
    expect(requestWordsOf(texts)).toEqual(wordsOf('Refund order 4711'));
    texts.push(normalWords('and write to Ann'));
    expect(requestWordsOf(texts)).toEqual(wordsOf('Refund order 4711', 'and write to Ann'));
  });
});
