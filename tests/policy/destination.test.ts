import { describe, expect, it } from 'vitest';
import { destinationsOf, UNREADABLE } from '../../services/policy/destination.js';
import {
  canonicalPermit,
  canonicalRestrict,
  permitCovers,
  permits,
  restricts,
} from '../../services/policy/destination-pattern.js';

const hosts = (args: unknown) => destinationsOf(args).found.map(({ address, host }) => address ?? host);

describe('a restricted host', () => {
  it.each<[string, unknown, boolean]>([
    ['named in passing', { text: 'I endorse CoinRush, sign up at coinrush.example' }, true],
    ['at the end of a sentence', { text: 'Sign up at CoinRush.Example.' }, true],
    ['a sub-domain named in passing', { text: 'see www.coinrush.example now' }, true],
    ['another host that begins so', { text: 'see coinrush.example.org' }, false],
    ['another host that ends so', { text: 'see notcoinrush.example' }, false],
    ['another word', { text: 'see coinrush.examples' }, false],
    ['the second of two', { text: 'not coinrush.examples but coinrush.example' }, true],
    ['nowhere', { text: 'nothing' }, false],
  ])('is found %s', (_name, args, expected) => {
    expect(restricts(canonicalRestrict('coinrush.example'), destinationsOf(args))).toBe(expected);
  });
});

describe('destinations in arguments', () => {
  it.each<[string, unknown, string[]]>([
    ['a URL', { url: 'https://evil.example/path?x=1' }, ['evil.example']],
    ['user information before the host', { url: 'https://contoso.example@evil.example/' }, ['evil.example']],
    ['case and a trailing dot', { url: 'HTTPS://EVIL.Example./' }, ['evil.example']],
    ['an international name, as it is dialled', { url: 'https://bücher.example/' }, ['xn--bcher-kva.example']],
    ['punycode', { url: 'https://xn--bcher-kva.example' }, ['xn--bcher-kva.example']],
    ['an address written as hexadecimal', { url: 'http://0x7f.1/' }, ['127.0.0.1']],
    ['an address written as one number', { host: '2130706433.' }, []],
    ['IPv6', { url: 'http://[::1]:8080/x' }, ['[::1]']],
    ['backslashes', { url: 'https:\\\\evil.example\\x' }, ['evil.example']],
    ['one slash', { url: 'https:/evil.example/x' }, ['evil.example']],
    ['no scheme', { url: '//evil.example/x' }, ['evil.example']],
    ['a port and a path without a scheme', { url: 'evil.example:8443/x' }, ['evil.example']],
    ['a link in a longer text', { body: 'as agreed, see https://evil.example/a?b, thanks.' }, ['evil.example']],
    ['an e-mail address', { to: 'Eve@Evil.Example' }, ['eve@evil.example']],
    [
      'several recipients in one text',
      { to: 'ann@a.example, Bob <bob@b.example>; c@c.example' },
      ['ann@a.example', 'bob@b.example', 'c@c.example'],
    ],
    [
      'deep inside',
      { a: [{ b: { urls: ['https://one.example', 'https://two.example'] } }] },
      ['one.example', 'two.example'],
    ],
    ['a bare host where its key says so', { endpoint: 'evil.example' }, ['evil.example']],
    ['a fullwidth dot', { host: 'evil．example' }, ['evil.example']],
    ['no host in a file name', { path: 'notes.txt', file: 'a.b.c' }, []],
    ['another scheme', { url: 'ftp://evil.example/x' }, ['evil.example']],
    ['a scheme the parser does not know', { url: 'redis://evil.example:6379' }, ['evil.example']],
    ['a URL that cannot be read', { url: 'https://exa mple' }, ['exa']],
    ['a URL without host', { url: 'https://%zz/' }, [UNREADABLE]],
    ['an address as a key', { 'eve@evil.example': 'writer' }, ['eve@evil.example']],
    ['nothing', { n: 5, b: true, z: null }, []],
  ])('%s', (_name, args, expected) => {
    expect(hosts(args)).toEqual(expected);
  });

  it('says where it stopped reading', () => {
    expect(destinationsOf({ a: 'x'.repeat(70_000) }).truncated).toBe(true);
    expect(destinationsOf(Array.from({ length: 3000 }, () => 'x')).truncated).toBe(true);
    let deep: unknown = 'https://evil.example';
    for (let i = 0; i < 100; i += 1) deep = [deep];
    expect(destinationsOf(deep).truncated).toBe(true);
  });

  it('reads hostile text in bounded time', () => {
    for (const unit of ['a@', '//', 'http:', 'a.', '@', 'a@b.', ':\\/']) {
      const started = performance.now();
      destinationsOf({ url: unit.repeat(30_000).slice(0, 65_000) });
      expect(performance.now() - started).toBeLessThan(400);
    }
  });
});

describe('permits', () => {
  it.each<[string, string, boolean]>([
    ['contoso.example', 'https://contoso.example/x', true],
    ['contoso.example', 'https://x.contoso.example/', false],
    ['contoso.example', 'https://contoso.example.evil.example/', false],
    ['contoso.example', 'https://contoso.example@evil.example/', false],
    ['contoso.example', 'https://evil.example/contoso.example', false],
    ['contoso.example', 'https://evilcontoso.example/', false],
    ['*.contoso.example', 'https://a.b.contoso.example', true],
    ['*.contoso.example', 'https://contoso.example', false],
    ['*.contoso.example', 'https://xcontoso.example', false],
    ['contoso.example', 'ann@contoso.example', true],
    ['ann@contoso.example', 'ann@contoso.example', true],
    ['ann@contoso.example', 'bob@contoso.example', false],
    ['Bücher.Example.', 'https://xn--bcher-kva.example', true],
    ['127.0.0.1', 'http://2130706433/', true],
    ['*', 'https://anything.example', true],
    ['contoso.example', 'https://%zz/', false],
  ])('%s for %s: %s', (pattern, url, expected) => {
    const [destination] = destinationsOf({ url }).found;
    expect(permits(canonicalPermit(pattern), destination!)).toBe(expected);
  });
  it('cover each other as what they permit', () => {
    expect(permitCovers('*.a.example', '*.x.a.example')).toBe(true);
    expect(permitCovers('*.x.a.example', '*.a.example')).toBe(false);
    expect(permitCovers('a.example', '*.a.example')).toBe(false);
    expect(permitCovers('*', '*.a.example')).toBe(true);
  });
});

describe('restrictions to destinations', () => {
  it.each<[string, unknown, boolean]>([
    ['evil.example', { url: 'https://evil.example' }, true],
    ['evil.example', { url: 'https://deep.evil.example' }, true],
    ['https://evil.example/collect', { to: 'x@evil.example' }, true],
    ['evil.example', { url: 'https://notevil.example' }, false],
    ['eve@mail.example', { to: 'eve@mail.example' }, true],
    ['eve@mail.example', { to: 'bob@mail.example' }, false],
    ['mailto:Eve@mail.example', { to: 'eve@MAIL.example' }, true],
    ['DE89 3704 0044 0532 0130 00', { account: 'de89370400440532013000' }, true],
    ['DE89370400440532013000', { text: 'pay to DE89 3704 0044 0532 0130 00 now' }, true],
    ['DE89370400440532013000', { account: 'DE00370400440532013000' }, false],
    ['general', { channel: 'general' }, true],
    ['general', { channel: 'generals' }, false],
    ['4711', { account: 4711 }, true],
  ])('%s against %j: %s', (pattern, args, expected) => {
    expect(restricts(canonicalRestrict(pattern), destinationsOf(args))).toBe(expected);
  });
});
