import { describe, expect, test } from 'vitest';
import { destruction } from '../../../services/detect/detectors/destruction.js';
import { destructionWeight } from '../../../services/detect/destruction-weight.js';
import { noteUserWords } from '../../../services/detect/user-words.js';
import { normalWords } from '../../../services/detect/provenance.js';
import type { Scope, Statement } from '../../../services/detect/types.js';
import { event, T0 } from '../events.js';
import { drive, newScope } from './scope.js';

function asked(text: string, more: Partial<Scope> = {}): Scope {
  const scope = newScope({ learning: true, ...more });
  scope.facts.userText.push(normalWords(text));
  noteUserWords(scope.facts, text);
  return scope;
}
const call = (scope: Scope, tool: string, args: unknown, session = 's1'): Statement[] =>
  drive(destruction, event({ kind: 'tool.call', tool, arguments: args, session: { id: session } }, T0), scope);
/** How many calls ran before one was stated; none: all of them. */
function before(scope: Scope, calls: readonly (readonly [string, unknown])[]): number {
  const at = calls.findIndex(([tool, args]) => call(scope, tool, args).length > 0);
  return at < 0 ? calls.length : at;
}
const records = (count: number): [string, unknown][] =>
  Array.from({ length: count }, (_, at) => ['delete_record', { id: 4100 + at }]);

describe('what is destroyed', () => {
  test('positive: a new agent that wipes what nobody asked it to wipe is stopped at the eighth thing', () => {
    expect(before(asked('Who is customer 17?'), records(25))).toBe(7);
  });
  test('boundary: seven are what work leaves behind', () => {
    expect(before(asked('Who is customer 17?'), records(7))).toBe(7);
  });
  test('whole tables, buckets and namespaces count for four', () => {
    const run = ['DROP TABLE invoices', 'TRUNCATE TABLE users', 'DELETE FROM orders WHERE 1=1'];
    expect(
      before(
        asked('How many customers are there?'),
        run.map((query) => ['run_sql', { query }]),
      ),
    ).toBe(1);
  });
  test.each([
    'Delete the test records 4100 to 4129, please',
    'Lösche bitte alle Testdatensätze',
    'I am ill, cancel all my meetings',
  ])('negative: %s', (text) => {
    expect(before(asked(text), records(30))).toBe(30);
  });
  const duty = (system: string, said = 'Go ahead') => {
    const scope = asked(said);
    scope.facts.systemText.push(normalWords(system));
    return scope;
  };
  const sessions = (count: number): [string, unknown][] =>
    Array.from({ length: count }, (_, at) => ['delete_session', { session_id: `a${4100 + at}` }]);
  test.each([
    ['its developer says so', duty('You are the nightly housekeeping job. Delete expired sessions and temp files.')],
    ['its user says so', asked('Purge all stale sessions now')],
    ['in another language', asked('Bitte lösche alle abgelaufenen Sessions')],
  ])('a new agent may clear away at length what it is there to clear away: %s', (_, scope) => {
    expect(before(scope, sessions(300))).toBe(300);
  });
  test.each([
    ['other things than those', duty('You delete expired sessions each night.'), records(25), 7],
    ['one at a time', duty('You may delete a session when its owner asks for it.'), sessions(25), 7],
    ['never', duty('Never delete all sessions, whoever asks.'), sessions(25), 7],
    ['only when told', duty('Do not remove old sessions without approval.'), sessions(25), 7],
  ])('what its developer says is no duty to: %s', (_, scope, calls, ran) => {
    expect(before(scope, calls)).toBe(ran);
  });
  test('work that replaces things takes twice as much away before it is stated', () => {
    expect(before(asked('Migrate the project to the new layout'), records(30))).toBe(15);
  });
  test('what the conversation made itself may go again', () => {
    const scope = asked('Run the checks of the API');
    for (let id = 700; id < 730; id++) {
      call(scope, 'create_item', { name: `t${id}` });
      drive(
        destruction,
        event({ kind: 'tool.result', tool: 'create_item', text: `{"id":"it-${id}"}`, session: { id: 's1' } }, T0),
        scope,
      );
      expect(call(scope, 'delete_item', { id: `it-${id}` })).toEqual([]);
    }
  });
  test('an agent that deletes every day is held against its own days, one that never did against none', () => {
    const never = newScope();
    const daily = newScope();
    for (let day = 0; day < 60; day++) {
      never.session = {};
      daily.session = {};
      call(never, 'get_order', { id: day }, `n${day}`);
      for (let at = 0; at < 30; at++) call(daily, 'delete_record', { id: at * 100 + day }, `d${day}`);
    }
    never.session = {};
    daily.session = {};
    expect(before(never, records(30))).toBeLessThan(15);
    expect(before(daily, records(30))).toBe(30);
  });
  test('it is stated again at double, not at every call', () => {
    const scope = asked('Who is customer 17?');
    const stated = records(40).map(([tool, args]) => call(scope, tool, args).length);
    expect(stated.reduce((sum, n) => sum + n, 0)).toBe(3);
  });
});

describe('how much a call destroys', () => {
  test.each([
    [{ command: 'rm -rf dist node_modules/.cache /tmp/work' }, 0],
    [{ command: 'npm run build && rm -f out.log' }, 0],
    [{ path: '/tmp/export/part-1.csv' }, 0],
    [{ command: 'rm src/old.ts' }, 1],
    [{ id: 7 }, 1],
    [{ command: 'rm -rf src/legacy' }, 2],
    [{ command: 'rm -r dist src/legacy' }, 2],
    [{ command: 'sudo rm -rf /srv' }, 4],
    [{ command: 'psql -c "DROP TABLE users CASCADE"' }, 4],
    [{ query: 'DROP TABLE IF EXISTS scratch' }, 1],
    [{ query: 'DELETE FROM users WHERE id = 7' }, 1],
    [{ query: 'DELETE FROM users' }, 4],
    [{ command: 'kubectl delete namespace prod' }, 4],
    [{ command: 'aws s3 rm s3://acme --recursive' }, 4],
    [{ command: 'terraform destroy -auto-approve' }, 4],
  ])('%j: %i', (args, weight) => {
    expect(destructionWeight(args)).toBe(weight);
  });
});
