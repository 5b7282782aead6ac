import { describe, expect, test } from 'vitest';
import type { TelemetryEvent } from '../../../schemas/event.js';
import { identity } from '../../../services/detect/detectors/identity.js';
import type { Scope } from '../../../services/detect/types.js';
import { event } from '../events.js';
import { feed, HOUR, MINUTE, MONDAY, nextSession } from './series.js';
import { drive, newScope } from './scope.js';

const auth = (more: Record<string, unknown>) => ({ kind: 'auth' as const, outcome: 'success', ...more });
const types = (statements: { type: string }[]) => statements.map(({ type }) => type);

/** An agent that signs in to two resources from one host, hourly. */
function known(hoursSeen = 200): Scope {
  const scope = newScope();
  for (let at = 0; at < hoursSeen; at++)
    expect(
      feed(identity, scope, auth({ host: 'host-a', resource: ['mail', 'files'][at % 2] }), MONDAY + at * HOUR),
    ).toEqual([]);
  return scope;
}

describe('identity', () => {
  test('positive: a new host; in two places at once is graver', () => {
    const scope = known();
    const later = feed(identity, nextSession(scope), auth({ host: 'host-b' }), MONDAY + 300 * HOUR);
    expect(later).toMatchObject([{ type: 'identity.host', severity: 'low' }]);
    const atOnce = feed(identity, nextSession(scope), auth({ host: 'host-b' }), MONDAY + 199 * HOUR + MINUTE);
    expect(atOnce).toMatchObject([
      { type: 'identity.host', severity: 'medium', evidence: { facts: { atOnce: true } } },
    ]);
  });
  test('negative: pods that come and go all day are how it runs', () => {
    const scope = newScope();
    for (let at = 0; at < 100; at++)
      expect(feed(identity, scope, auth({ host: `pod-${at}` }), MONDAY + at * HOUR)).toEqual([]);
  });
  test('boundary: the second event of an agent is from a new place, and that says nothing', () => {
    expect(feed(identity, known(1), auth({ host: 'host-b' }), MONDAY + 2 * HOUR)).toEqual([]);
  });
  test.each([
    ['token expired', true],
    ['AADSTS500011: invalid audience', true],
    ['JWT signature mismatch', true],
    ['the user cancelled', false],
    ['wrong password', false],
  ])('a sign-in that fails for “%s”: %s', (reason, stated) =>
    expect(types(feed(identity, newScope(), { kind: 'auth', outcome: 'failure', reason }, MONDAY))).toEqual(
      stated ? ['identity.token'] : [],
    ),
  );
  test('a right it never used: a resource, and a grave effect', () => {
    const scope = known();
    for (let at = 0; at < 200; at++)
      feed(
        identity,
        scope,
        { kind: 'tool.call', service: 'host-a', tool: 'delete_draft', arguments: {} },
        MONDAY + (200 + at) * HOUR,
      );
    expect(
      types(feed(identity, nextSession(scope), auth({ host: 'host-a', resource: 'payroll' }), MONDAY + 500 * HOUR)),
    ).toEqual(['identity.privilege']);
    const session = nextSession(scope);
    const pay = { kind: 'tool.call' as const, service: 'host-a', tool: 'send_money', arguments: { amount: 1 } };
    expect(types(feed(identity, session, pay, MONDAY + 501 * HOUR))).toEqual(['identity.privilege']);
    expect(feed(identity, session, pay, MONDAY + 502 * HOUR)).toEqual([]);
  });
  test('without the proof it usually gives, once a conversation', () => {
    const scope = newScope();
    const act = (trust: TelemetryEvent['trust'], at: number) => ({
      ...event({ kind: 'tool.call', tool: 'read' }, MONDAY + at * MINUTE),
      trust,
    });
    for (let at = 0; at < 200; at++) drive(identity, act('authenticated', at), scope);
    expect(types(drive(identity, act('claimed', 201), scope))).toEqual(['identity.unproven']);
    expect(drive(identity, act('claimed', 202), scope)).toEqual([]);
  });
  test('an agent that never had proof does not miss it', () => {
    const scope = newScope();
    for (let at = 0; at < 200; at++)
      expect(feed(identity, scope, { kind: 'tool.call', tool: 'read' }, MONDAY + at * MINUTE)).toEqual([]);
  });
});
