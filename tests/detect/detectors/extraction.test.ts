import { describe, expect, test } from 'vitest';
import { extraction } from '../../../services/detect/detectors/extraction.js';
import { inventoryOf } from '../../../services/detect/inventory.js';
import { queryForm, sameForm } from '../../../services/detect/query-form.js';
import type { Scope } from '../../../services/detect/types.js';
import { chance, DAY, feed, HOUR, MINUTE, MONDAY, nextSession } from './series.js';
import { newScope } from './scope.js';

const ask = (text: string, user: string | undefined, session: string) => ({
  kind: 'prompt' as const,
  text,
  session: { id: session },
  ...(user === undefined ? {} : { user: { id: user } }),
});
const WORDS = 'river copper lantern meadow violin harbour pepper window thunder saddle orchid marble'.split(' ');
const TOPICS = ['tickets', 'invoices', 'holidays', 'contracts', 'the printer', 'train times', 'the roadmap'];
/** What people ask: other questions, some of them again in other words. */
const PEOPLE = [
  (r: () => number) =>
    `Could you look up ${TOPICS[Math.floor(r() * 7)]} for ${WORDS[Math.floor(r() * 12)]} and tell me more?`,
  (r: () => number) =>
    `Why does ${WORDS[Math.floor(r() * 12)]} not work since ${Math.floor(r() * 30)} March in our office?`,
  (r: () => number) =>
    `Write a short note about ${TOPICS[Math.floor(r() * 7)]} to the ${WORDS[Math.floor(r() * 12)]} team please`,
];
const grid = (at: number) => `How likely is it that a patient aged ${at} with code ${WORDS[at % 12]} has diabetes?`;

/** Sixty conversations of one to six questions by eight people. */
function learned(): Scope {
  let scope = newScope();
  const random = chance(3);
  for (let session = 0; session < 60; session++) {
    scope = nextSession(scope);
    for (let at = 0; at < 1 + Math.floor(random() * 6); at++)
      expect(
        feed(
          extraction,
          scope,
          ask(
            (PEOPLE[Math.floor(random() * 3)] as (r: () => number) => string)(random),
            `u${session % 8}`,
            `s${session}`,
          ),
          MONDAY + session * HOUR + at * MINUTE,
        ),
      ).toEqual([]);
  }
  return nextSession(scope);
}
const START = MONDAY + 4 * DAY;

describe('extraction', () => {
  test('positive: a grid of questions in one conversation', () => {
    const scope = learned();
    const found = Array.from({ length: 80 }, (_, at) =>
      feed(extraction, scope, ask(grid(at), 'mallory', 'x'), START + at * 1000),
    ).flat();
    expect(found[0]).toMatchObject({ type: 'extraction.series', about: ['user', 'session', 'agent'] });
    expect(found[0]!.confidence).toBeGreaterThanOrEqual(0.5);
    expect(found[0]!.evidence.observed).toBeLessThan(40);
    // Told again when it has doubled, not with every question.
    expect(found.length).toBeLessThanOrEqual(2);
  });
  test('positive: one question a conversation, one every twenty minutes, all night', () => {
    let scope = learned();
    const found = Array.from({ length: 60 }, (_, at) => {
      scope = nextSession(scope);
      return feed(extraction, scope, ask(grid(at), 'mallory', `x${at}`), START + at * 20 * MINUTE);
    }).flat();
    expect(found.length).toBeGreaterThan(0);
  });
  test('positive: an agent without history, later and less sure', () => {
    const scope = newScope();
    const found = Array.from({ length: 90 }, (_, at) =>
      feed(extraction, scope, ask(grid(at), 'mallory', 'x'), START + at * 1000),
    ).flat();
    expect(found[0]!.evidence.observed).toBeGreaterThanOrEqual(60);
    expect(found[0]!.confidence).toBeLessThanOrEqual(0.55);
  });
  test('negative: one question two hundred times', () => {
    const scope = learned();
    for (let at = 0; at < 200; at++)
      expect(feed(extraction, scope, ask(grid(7), 'ann', 'x'), START + at * 1000)).toEqual([]);
  });
  test('negative: the same grid by thirty people', () => {
    let scope = learned();
    for (let at = 0; at < 90; at++) {
      scope = nextSession(scope);
      expect(feed(extraction, scope, ask(grid(at), `p${at % 30}`, `x${at}`), START + at * MINUTE)).toEqual([]);
    }
  });
  test('negative: a user whom the inventory lists', () => {
    const listed = inventoryOf({
      apiVersion: 'stepdown/v1',
      kind: 'BaselinePolicy',
      inventory: { evaluators: ['eval-*'] },
    })!;
    const scope = { ...learned(), listed };
    for (let at = 0; at < 120; at++)
      expect(feed(extraction, scope, ask(grid(at), 'eval-nightly', 'x'), START + at * 1000)).toEqual([]);
    expect(feed(extraction, scope, ask(grid(1), 'mallory', 'y'), START)).toEqual([]);
  });
  test('boundary: twenty-four are asked by hand, and a day of silence ends a series', () => {
    const scope = learned();
    for (let at = 0; at < 22; at++)
      expect(feed(extraction, scope, ask(grid(at), 'ann', 'x'), START + at * 1000)).toEqual([]);
    for (let at = 0; at < 22; at++)
      expect(feed(extraction, scope, ask(grid(100 + at), 'ann', 'y'), START + 25 * HOUR + at * 1000)).toEqual([]);
  });
  test('a job that classifies tickets every night is told of on three days and no more', () => {
    let scope = newScope();
    const days: number[] = [];
    for (let day = 0; day < 12; day++) {
      scope = nextSession(scope);
      for (let at = 0; at < 80; at++)
        if (
          feed(
            extraction,
            scope,
            ask(`Classify ticket ${at * 31} about ${WORDS[at % 12]} ${at}x in one word`, 'job', `d${day}`),
            MONDAY + day * DAY + at * 1000,
          ).length > 0
        )
          days.push(day);
    }
    expect(new Set(days).size).toBe(3);
    expect(Math.max(...days)).toBeLessThan(8);
  });
  test('keeps a bounded state', () => {
    let scope = newScope();
    const random = chance(9);
    for (let at = 0; at < 2000; at++) {
      scope = nextSession(scope);
      feed(
        extraction,
        scope,
        ask(`${grid(Math.floor(random() * 90))} ${WORDS[at % 12]}`, `u${Math.floor(random() * 40)}`, `s${at % 300}`),
        MONDAY + at * MINUTE,
      );
    }
    expect(JSON.stringify(scope.agent['extraction']).length).toBeLessThan(2048);
  });
});

test('the form of a question', () => {
  const form = (text: string) => queryForm(text)!;
  expect(sameForm(form(grid(3)), form(grid(81)))).toBe(true);
  expect(
    sameForm(
      form('Translate "good morning to you" into Dutch, please'),
      form('Translate "where is the bus" into Dutch, please'),
    ),
  ).toBe(true);
  expect(sameForm(form(grid(3)), form('How do I get to the station from the harbour?'))).toBe(false);
  expect(queryForm('yes, go on')).toBeUndefined();
});
