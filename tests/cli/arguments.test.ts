import { describe, expect, it } from 'vitest';
import { CONTROLS, type ControlName } from '../../schemas/control.js';
import { CONTROL_SYNTAX, parseControl, parseEntity } from '../../services/cli/control-argument.js';
import { controlText } from '../../services/cli/control-text.js';
import { length, relative, timeFormat } from '../../services/cli/time.js';

describe('controls on the command line', () => {
  it.each([
    ['tool.block', { control: 'tool.block' }],
    [
      'tool.block=send_*,effect:pay,to:*.example.org',
      { control: 'tool.block', tools: ['send_*'], effects: ['pay'], destinations: ['*.example.org'] },
    ],
    [
      'tool.requireApproval=pay_*',
      { control: 'tool.requireApproval', tools: ['pay_*'], timeoutMs: 900_000, otherwise: 'block' },
    ],
    ['scope.narrow=Mail.Read,User.Read', { control: 'scope.narrow', scopes: ['Mail.Read', 'User.Read'] }],
    ['auth.strength=mfa', { control: 'auth.strength', level: 'mfa' }],
    ['auth.reauthenticate=15m', { control: 'auth.reauthenticate', withinMs: 900_000 }],
    ['egress.allow=a.example,*.b.example', { control: 'egress.allow', domains: ['a.example', '*.b.example'] }],
    ['model.deny=gpt-*', { control: 'model.deny', models: ['gpt-*'] }],
    ['sandbox.require=vm', { control: 'sandbox.require', level: 'vm' }],
    ['data.mask=secrets,pii', { control: 'data.mask', what: ['secrets', 'pii'] }],
    ['generation.guard=no-tools', { control: 'generation.guard', denyToolUse: true }],
    ['generation.guard=500', { control: 'generation.guard', maxOutputTokens: 500 }],
    ['rate.limit=10/1m,search', { control: 'rate.limit', calls: 10, perMs: 60_000, tools: ['search'] }],
    ['session.suspend', { control: 'session.suspend' }],
    ['agent.disable', { control: 'agent.disable' }],
  ])('%s', (text, wanted) => {
    expect(parseControl(text)).toEqual(wanted);
  });

  it('are shown as they are written', () => {
    for (const text of [
      'tool.block=send_*,effect:pay,to:*.example.org',
      'auth.reauthenticate=15m',
      'rate.limit=10/1m,search',
      'generation.guard=no-tools',
      'session.suspend',
    ]) {
      expect(controlText(parseControl(text))).toBe(text);
    }
  });

  it.each([
    ['tool.blok', /did you mean tool.block/],
    ['', /there is no control/],
    ['auth.strength=strong', /write auth.strength=mfa/],
    ['auth.reauthenticate=soon', /write auth.reauthenticate=15m/],
    ['rate.limit=10', /write rate.limit/],
    ['tool.block=effect:fly', /there is no effect class "fly"/],
    ['data.mask', /write data.mask/],
    ['session.suspend=now', /write session.suspend/],
    ['generation.guard=-5', /write generation.guard/],
  ])('%j is refused with a mend', (text, message) => {
    expect(() => parseControl(text)).toThrow(expect.objectContaining({ code: 'usage' }) as Error);
    try {
      parseControl(text);
    } catch (error) {
      expect((error as { describe(): string }).describe()).toMatch(message);
    }
  });

  it('has a syntax line for every control there is', () => {
    expect(Object.keys(CONTROL_SYNTAX).sort()).toEqual((Object.keys(CONTROLS) as ControlName[]).sort());
  });
});

describe('entities on the command line', () => {
  it.each([
    ['agent:a', { tenant: 't', type: 'agent', id: 'a' }],
    ['session:conv:1', { tenant: 't', type: 'session', id: 'conv:1' }],
    ['mcp-server:m', { tenant: 't', type: 'mcp-server', id: 'm' }],
    ['plain', { tenant: 't', type: 'agent', id: 'plain' }],
  ])('%s', (text, wanted) => {
    expect(parseEntity(text, 't')).toEqual(wanted);
  });
  it.each(['', 'agent:', 'planet:earth'])('%j is refused', (text) => {
    expect(() => parseEntity(text, 't')).toThrow(/names no entity/);
  });
});

describe('times', () => {
  const noon = Date.UTC(2026, 0, 15, 12, 30, 5);
  it.each([
    ['UTC', '2026-01-15 12:30:05 +00:00'],
    ['Europe/Berlin', '2026-01-15 13:30:05 +01:00'],
    ['Asia/Kolkata', '2026-01-15 18:00:05 +05:30'],
  ])('in %s', (zone, wanted) => {
    expect(timeFormat(zone)(noon)).toBe(wanted);
  });
  it('midnight is 00 and a missing time is a dash', () => {
    expect(timeFormat('UTC')(Date.UTC(2026, 0, 15))).toContain('00:00:00');
    expect(timeFormat('UTC')(undefined)).toBe('–');
  });
  it('refuses a zone that does not exist', () => {
    expect(() => timeFormat('Mars/Olympus')).toThrow(/no time zone/);
  });
  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [61_000, '1m1s'],
    [3_600_000, '1h'],
    [90_061_000, '1d1h'],
    [-5_000, '-5s'],
  ])('%i ms is %s', (ms, wanted) => {
    expect(length(ms)).toBe(wanted);
  });
  it('says how far away', () => {
    expect([relative(10_000, 0), relative(0, 10_000), relative(undefined, 0)]).toEqual(['in 10s', '10s ago', '–']);
  });
});
