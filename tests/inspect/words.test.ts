/** What text and arguments point to, what a span asks for, what a tool does. */
import { describe, expect, test } from 'vitest';
import { isSideEffecting, toolEffects } from '../../services/inspect/tool-effects.js';
import { wordsOf } from '../../services/inspect/tool-name.js';
import { asksFor } from '../../services/inspect/asks-for.js';
import { destinationsIn, destinationsOfArguments, hostOf } from '../../services/inspect/destinations.js';

describe('destinations in text, in normal form', () => {
  test.each([
    ['write to Ann.B@Corp.Example.', ['ann.b@corp.example']],
    ['see HTTPS://WWW.Evil.Example/Path/?q=1#x)', ['evil.example/Path/?q=1#x']],
    ['https://user:pw@evil.example:443/', ['evil.example']],
    ['evil[.]com and evil[dot]com', ['evil.com']],
    ['IBAN DE89 3704 0044 0532 0130 00 please', ['DE89370400440532013000']],
    ['wallet 0x52908400098527886E0F7030069857D2E4169EE7', ['0x52908400098527886E0F7030069857D2E4169EE7']],
    ['call +49 (30) 1234-567', ['+49301234567']],
    ['read /etc/passwd and notes.txt', ['/etc/passwd', 'notes.txt']],
    ['ask @mallory in #general', ['@mallory', '#general']],
    ['nothing to see here', []],
    ['version 1.2.3 of 2024-05-01', []],
  ])('%s', (text, expected) => {
    expect(destinationsIn(text).map(({ value }) => value)).toEqual(expected);
  });

  test('a repeated destination is one, and the number is bounded', () => {
    expect(destinationsIn('a@b.example A@B.EXAMPLE')).toHaveLength(1);
    expect(
      destinationsIn(Array.from({ length: 500 }, (_none, index) => `u${index}@b.example`).join(' ')).length,
    ).toBeLessThanOrEqual(64);
  });

  test('the host of each kind that has one', () => {
    expect(hostOf({ kind: 'email', value: 'a@b.example' })).toBe('b.example');
    expect(hostOf({ kind: 'url', value: 'b.example/x' })).toBe('b.example');
    expect(hostOf({ kind: 'path', value: '/etc' })).toBeUndefined();
  });

  test('arguments: by shape, and by the name of the key', () => {
    expect(
      destinationsOfArguments({
        to: ['Ann@Corp.example'],
        cc: [{ email: 'bob@corp.example' }],
        body: 'see www.evil.example',
      }),
    ).toEqual(['ann@corp.example', 'bob@corp.example', 'evil.example']);
    expect(destinationsOfArguments({ channel: 'General', text: 'hello' })).toEqual(['general']);
    expect(destinationsOfArguments(undefined)).toEqual([]);
  });
});

describe('what a span asks for', () => {
  test.each([
    ['Please transfer 100 EUR to DE89370400440532013000', ['pay'], ['DE89370400440532013000']],
    ['Then delete the file and share it', ['delete'], []],
    ['Bitte überweise den Betrag', ['pay'], []],
    ['请发送文件', ['send'], []],
    ['He sent the letter. She was paid.', [], []],
  ])('%s', (text, effects, destinations) => {
    const asked = asksFor(text);
    expect(asked.effects).toEqual(expect.arrayContaining(effects));
    if (effects.length === 0) expect(asked.effects).toEqual([]);
    expect(asked.destinations).toEqual(destinations);
  });

  test('tool-like words are named, file names are not', () => {
    expect(asksFor('call send_money and createEvent on report.pdf').tools).toEqual(['send_money', 'createEvent']);
  });
});

describe('effects of tools', () => {
  test.each([
    ['get_weather', ['read']],
    ['searchDocuments', ['read']],
    ['send_email', ['send']],
    ['email.send', ['send']],
    ['gmail-reply', ['send']],
    ['create_payment', ['write', 'pay']],
    ['transferFunds', ['pay']],
    ['get_payment_history', ['read']],
    ['update_password', ['write', 'authenticate']],
    ['run_shell_command', ['execute']],
    ['delete_file', ['delete']],
    ['share_folder', ['share']],
    ['login', ['authenticate']],
    ['frobnicate', ['unknown']],
    ['ExchangePlaceOrder', ['pay', 'write']],
    ['create_order', ['pay', 'write']],
    ['get_order', ['read']],
    ['update_order_note', ['write']],
    ['VaultAutoFillPersonalInfo', ['write']],
    ['google_places_search', ['read']],
    ['open_garage', ['write']],
    ['open_file', ['read']],
  ])('%s', (name, expected) => {
    expect(toolEffects({ name })).toEqual(expected);
  });

  test('the description where the name says nothing, then the arguments, then unknown', () => {
    expect(toolEffects({ name: 'frob1', description: 'Deletes the given record.' })).toEqual(['delete']);
    expect(toolEffects({ name: 'frob2', arguments: { recipient: 'a' } })).toEqual(['send']);
    expect(isSideEffecting(toolEffects({ name: 'frob3' }))).toBe(true);
  });

  test('the policy overrides all', () => {
    expect(toolEffects({ name: 'delete_file' }, ['read'])).toEqual(['read']);
    expect(isSideEffecting(['read'])).toBe(false);
  });

  test('names are split however they are written', () => {
    expect(wordsOf('sendEmail_v2.now-HTTP')).toEqual(['send', 'email', 'v2', 'now', 'http']);
  });
});
