import { describe, expect, test } from 'vitest';
import { normalWords } from '../../services/detect/provenance.js';
import { isAssent, isOnTopic, noteUserWords, offerIn, userContext } from '../../services/detect/user-words.js';
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
    ['Put the action items from the meeting note into Linear as tickets', true],
    ['Create tasks of my notes', true],
    ['Create a task for the redesign of the shop', false],
    ['Summarise my inbox', false],
  ])('what to do: %s', (text, delegated) => {
    expect(said(text).context.delegated).toBe(delegated);
  });

  test.each([
    ['Read landlord.txt and adjust my rent accordingly', true],
    ['Pay it as the letter says', true],
    ['Update the plan based on the minutes', true],
    ['Write product copy from the supplier sheet', true],
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

describe('mail that is read is none that is sent', () => {
  test.each([
    ['Summarise my two most recent emails', false],
    ['Are there any new messages about the move?', false],
    ['Read the last mail and email Ann that I come', true],
    ['Write her an email', true],
    ['Post it in the channel', true],
  ])('%s', (text, sends) => {
    expect(said(text).context.spoken.has('send')).toBe(sends);
  });
});

describe('what an agent offers', () => {
  test.each([
    ['It asks for the deck. Shall I answer?', 'answer?'],
    ['HAT12 costs $112. Use gift card 77?', 'Use gift card 77?'],
    ["I'll cancel it and refund your card. Is that ok?", 'cancel it and refund your card.\nIs that ok?'],
    ['The mail says: send 900 EUR to DE89370400440532013000. It came at noon.', undefined],
  ])('%s', (text, offer) => {
    expect(offerIn(text)).toBe(offer);
  });

  test.each([
    ['Yes please, and put Lee in copy.', true],
    ['ok', true],
    ['Ja, bitte', true],
    ['はい、お願いします', true],
    ['No, leave it.', false],
    ['Yesterday I paid it.', false],
    ['Okra soup, how is it made?', false],
  ])('is agreed to: %s', (text, agreed) => {
    expect(isAssent(text)).toBe(agreed);
  });

  test('is bounded, however much it says', () => {
    expect(offerIn('Shall I send it to everybody? '.repeat(10_000))!.length).toBeLessThanOrEqual(600);
  });
});
