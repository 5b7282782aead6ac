import { describe, expect, test } from 'vitest';
import { enumeration, walkedNumber } from '../../../services/detect/detectors/enumeration.js';
import { chance, feed, HOUR, MONDAY, nextSession } from './series.js';
import { newScope } from './scope.js';

describe('enumeration', () => {
  const read = (id: unknown, session: number) => ({
    kind: 'tool.call' as const,
    tool: 'get_customer',
    session: { id: `s${session}` },
    arguments: { id },
  });
  /** Forty conversations of up to six customers. */
  function learned() {
    let scope = newScope();
    const random = chance(1);
    for (let session = 0; session < 40; session++) {
      scope = nextSession(scope);
      for (let call = 0; call < 1 + Math.floor(random() * 6); call++)
        expect(
          feed(enumeration, scope, read(Math.floor(random() * 1e5), session), MONDAY + session * HOUR + call),
        ).toEqual([]);
    }
    return nextSession(scope);
  }

  test('positive: record after record', () => {
    const scope = learned();
    const found = Array.from({ length: 60 }, (_, at) =>
      feed(enumeration, scope, read(`cust-${1000 + at}`, 99), MONDAY + 50 * HOUR + at),
    ).flat();
    expect(found[0]).toMatchObject({ type: 'enumeration.sweep', evidence: { observed: 20 } });
    expect(found.length).toBeLessThanOrEqual(2);
  });
  test('negative: the same record a hundred times is no walk', () => {
    const scope = learned();
    for (let at = 0; at < 100; at++) expect(feed(enumeration, scope, read(7, 99), MONDAY + 50 * HOUR + at)).toEqual([]);
  });
  test('boundary: nineteen are a list', () => {
    const scope = learned();
    for (let at = 0; at < 19; at++) expect(feed(enumeration, scope, read(at, 99), MONDAY + 50 * HOUR + at)).toEqual([]);
  });
  test('early life: a new agent may not walk through records of which its user asked for one', () => {
    const walk = (words: string, system = ' you help customers '): boolean[] => {
      const scope = newScope({ learning: true });
      scope.facts.userText.push(words);
      scope.facts.systemText.push(system);
      return Array.from({ length: 60 }, (_, at) => feed(enumeration, scope, read(1000 + at, 99), MONDAY + at))
        .flat()
        .map(({ firm }) => firm === true);
    };
    expect(walk(' who is customer 1000 ')).toContain(true);
    for (const words of [
      ' make a report of all customers ',
      ' please take care of this ',
      ' run the nightly job ',
      ' go ahead ',
    ])
      expect(walk(words), words).not.toContain(true);
    expect(walk(' tenant 17 ', ' you are the nightly sync of customer records ')).not.toContain(true);
  });
  test('a batch job that always walks through three hundred does so', () => {
    let scope = newScope();
    const late: string[] = [];
    for (let session = 0; session < 12; session++) {
      scope = nextSession(scope);
      for (let at = 0; at < 40; at++)
        for (const { type } of feed(
          enumeration,
          scope,
          read(`x${(at * 7919) % 1000}y`, session),
          MONDAY + session * HOUR + at,
        ))
          late.push(type);
    }
    expect(late).toEqual([]);
  });
  test.each([
    [{ id: 7 }, 7],
    [{ id: 'cust-0042' }, 42],
    [{ id: 'cust-0042', page: 2 }, undefined],
    [{ name: 'Ada' }, undefined],
    [null, undefined],
    [{ text: 'x'.repeat(100) + '9' }, undefined],
  ])('the number that is walked in %j is %s', (args, value) => expect(walkedNumber(args)).toBe(value));
});
