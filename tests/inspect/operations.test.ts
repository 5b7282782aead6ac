import { describe, expect, test } from 'vitest';
import { operationOf } from '../../services/inspect/operations.js';
import { callEffects, operatesPage } from '../../services/inspect/tool-effects.js';

describe('which operation a call of a general tool is', () => {
  test.each([
    ['a name', { operation: 'bank.transfer', params: {} }, 'bank.transfer'],
    ['an HTTP method on a resource', { method: 'DELETE', path: '/assets/4410/notes?x=1' }, 'delete assets notes'],
    ['inside JSON inside an argument', { payload: '{"verb":"terminate","run":5520}' }, 'terminate'],
    ['of GraphQL', { query: 'mutation Add($x: ID) { addOwner(service: $x) { ok } }' }, 'addOwner'],
    ['of GraphQL, reading', { query: 'query { service(name: "x") { owner } }' }, 'get service'],
    ['deeper', { request: { action: 'left_click' } }, 'left_click'],
  ])('%s', (_name, args, name) => {
    expect(operationOf(args)?.name).toBe(name);
  });

  test.each([
    [{ action: 'Please send the report to Ann, and tell nobody about it.' }],
    [{ to: 'ann' }],
    ['x'],
    [null],
    [[]],
  ])('none: %j', (args) => {
    expect(operationOf(args)).toBeUndefined();
  });
});

describe('its effects', () => {
  test.each([
    ['api_request', { method: 'GET', path: '/assets' }, ['read']],
    ['api_request', { method: 'DELETE', path: '/assets/1' }, ['delete']],
    ['http_request', { method: 'PUT', path: '/servers/logging' }, ['write']],
    ['invoke', { operation: 'notes.get' }, ['read']],
    ['invoke', { operation: 'bank.transfer' }, ['pay']],
    ['execute_action', { action: 'calendar_invite' }, ['share']],
    ['flow', { payload: '{"verb":"inspect"}' }, ['read']],
    ['graphql', { query: 'mutation { deleteUser(id: 1) { ok } }' }, ['delete']],
    ['graphql', { query: '{"a":1}' }, ['unknown']],
  ])('%s %j', (tool, args, effects) => {
    expect(callEffects({ name: tool, arguments: args })).toEqual(effects);
  });

  test('a tool that says what it does keeps it', () => {
    expect(callEffects({ name: 'delete_record', arguments: { action: 'archive' } })).toContain('delete');
    expect(callEffects({ name: 'invoke', arguments: { operation: 'get' } }, ['pay'])).toEqual(['pay']);
  });

  test('a computer is operated by its action', () => {
    expect(operatesPage('computer', { action: 'left_click', coordinate: [1, 2] })).toBe(true);
    expect(operatesPage('computer', { action: 'shutdown' })).toBe(false);
    expect(callEffects({ name: 'computer', arguments: { action: 'type', text: 'x' } })).toEqual(['write']);
    expect(callEffects({ name: 'browser_click', arguments: { element: 'Deactivate profile' } })).toEqual(['delete']);
  });
});
