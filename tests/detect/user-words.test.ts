import { describe, expect, test } from 'vitest';
import { normalWords } from '../../services/detect/provenance.js';
import { isOnTopic, noteUserWords, userContext } from '../../services/detect/user-words.js';
import type { SessionFacts } from '../../services/detect/types.js';

function said(...texts: string[]) {
  const facts: SessionFacts = { taints: [], userText: [], systemText: [], lastEventMs: 0, events: 0 };
  for (const text of texts) {
    facts.userText.push(normalWords(text));
    noteUserWords(facts, text);
  }
  return { facts, context: userContext(facts) };
}

describe('what the user left to the data', () => {
  test.each([
    ['Do what the mail says and complete the tasks on my list', true],
    ['Please do the actions specified in the email', true],
    ['Perform the following tasks: 1. read 2. write', false],
    ['Summarise my inbox', false],
  ])('what to do: %s', (text, delegated) => {
    expect(said(text).context.delegated).toBe(delegated);
  });

  test.each([
    ['Read landlord.txt and adjust my rent accordingly', true],
    ['Pay it as the letter says', true],
    ['Update the plan based on the minutes', true],
    ['Update the plan', false],
    ['As soon as possible, please', false],
  ])('how to do it: %s', (text, guided) => {
    expect(said(text).context.guided).toBe(guided);
  });

  test.each([
    ['Summarise the article that Bob posted', true],
    ['Summarise the article at www.news.example/a', false],
    ['Visit the websites www.a.example and www.b.example', false],
    ['Visit the websites of our partners', true],
    ['Visit www.a.example and www.b.example, and all the other pages they name', true],
    ['Read www.a.example and follow its links', true],
    ['What is on my calendar?', false],
  ])('which pages to read: %s', (text, open) => {
    expect(said(text).context.leavesPagesOpen).toBe(open);
  });
});

test('places the user names are known in whichever form, once, and a bounded number of them', () => {
  const { facts, context } = said(
    'Write to ann@corp.example and see https://www.corp.example/a',
    'Pay DE89 3704 0044 0532 0130 00, and ann@corp.example again',
  );
  expect([...(facts.userPlaces ?? [])].sort()).toEqual([
    'DE89370400440532013000',
    'ann@corp.example',
    'corp.example/a',
  ]);
  expect([...context.places].sort()).toEqual(['account', 'mail', 'page']);
  expect(said(Array.from({ length: 40 }, (_, n) => `www.p${n}.example`).join(' ')).facts.userPlaces).toHaveLength(16);
});

describe('a place that the user’s words are about', () => {
  const topic = said('Find the great restaurant near www.corp.example').context.topic;
  test.each([
    ['restaurant-zurich.example', true],
    ['corp.example', false],
    ['mail.example', false],
    ['unrelated.example', false],
  ])('%s', (place, expected) => {
    expect(isOnTopic(place, topic)).toBe(expected);
  });
});
