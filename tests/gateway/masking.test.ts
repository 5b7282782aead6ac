import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Inspection } from '../../schemas/inspection.js';
import { mask } from '../../services/gateway/masking.js';

const read = (
  ...spans: [start: number, end: number, probability: number, suspicion?: 'injection' | 'credential'][]
): Inspection => ({
  hash: 'h',
  at: '/text',
  role: 'tool',
  chars: 0,
  verdict: {
    kind: 'read',
    model: 'm',
    probability: 1,
    spans: spans.map(([start, end, probability, suspicion = 'injection']) => ({
      start,
      end,
      probability,
      suspicion,
      rule: 'r',
    })),
  },
});
const skipped: Inspection = {
  hash: 'h',
  at: '/text',
  role: 'tool',
  chars: 0,
  verdict: { kind: 'skipped', reason: 'too long' },
};

describe('masking', () => {
  it('takes suspicious spans out and leaves the rest', () => {
    expect(mask('0123456789', ['suspicious-spans'], read([2, 5, 0.9]))).toMatchObject({
      text: '01[removed: injection]56789',
      removed: 1,
    });
    expect(mask('0123456789', ['suspicious-spans'], read([2, 5, 0.29]))).toMatchObject({
      text: '0123456789',
      removed: 0,
    });
    expect(mask('0123456789', ['suspicious-spans'], read([2, 5, 0.3]))).toMatchObject({ removed: 1 });
  });

  it('leaves no tail of overlapping spans, nor of spans that reach beyond the text', () => {
    expect(mask('0123456789', ['suspicious-spans'], read([5, 99, 0.9], [2, 6, 0.9], [-3, 1, 0.9]))).toMatchObject({
      text: '[removed: injection]1[removed: injection]',
      removed: 2,
    });
  });

  it('withholds all of a text that was not read: nothing is known to be harmless', () => {
    for (const inspection of [skipped, undefined]) {
      const masked = mask('hello', ['suspicious-spans'], inspection);
      expect(masked.text).not.toContain('hello');
      expect(masked.notChecked[0]?.check).toBe('inspection');
    }
  });

  it.each([
    ['AKIAIOSFODNN7EXAMPLE'],
    ['ghp_0123456789abcdefghijABCDEFGHIJ456789'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
    ['password: hunter22!'],
    ['"api_key": "0123456789abcdef"'],
    [`sd_${'a'.repeat(43)}`],
  ])('finds the secret %j', (secret) => {
    const masked = mask(`before ${secret} after`, ['secrets'], undefined);
    expect(masked.text).toMatch(/^before .*\[removed: [\w ]+\].* after$/s);
    expect(masked.text).not.toContain(secret);
    expect(masked.notChecked).toHaveLength(1);
  });

  it.each([['ann@contoso.example'], ['+49 30 1234567'], ['DE89 3704 0044 0532 0130 00'], ['4111 1111 1111 1111']])(
    'finds the personal data %j',
    (datum) => {
      expect(mask(`before ${datum} after`, ['pii'], undefined).text).toMatch(/^before \[removed: [\w -]+\] after$/);
    },
  );

  it.each([['order 4111 1111 1111 1112'], ['the password is not set'], ['see chapter 12, page 1234'], ['sk-1']])(
    'leaves %j alone',
    (text) => {
      expect(mask(text, ['secrets', 'pii'], undefined)).toMatchObject({ text, removed: 0 });
    },
  );

  it('withholds everything where all is asked', () => {
    expect(mask('hello', ['pii', 'all'], read()).text).not.toContain('hello');
  });

  it('takes time in proportion to the text, whatever it holds', () => {
    const nasty = [
      '+1 '.repeat(50_000),
      'a.'.repeat(80_000),
      'password'.repeat(20_000),
      '4'.repeat(150_000),
      'eyJ'.repeat(50_000),
      '-----BEGIN '.repeat(15_000),
      'a@'.repeat(80_000),
      'AB12 '.repeat(30_000),
    ];
    for (const text of nasty) {
      const began = performance.now();
      mask(text, ['secrets', 'pii'], undefined);
      expect(performance.now() - began, text.slice(0, 12)).toBeLessThan(2_000);
    }
  });

  it('never shows a character of a span it took out', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { maxLength: 6 }), (pairs) => {
        const text = Array.from({ length: 60 }, (_, at) => String.fromCharCode(0x4e00 + at)).join('');
        const spans = pairs.map(([a, b]): [number, number, number] => [Math.min(a, b), Math.max(a, b), 0.9]);
        const shown = mask(text, ['suspicious-spans'], read(...spans)).text;
        for (let at = 0; at < 60; at += 1)
          expect(shown.includes(text.charAt(at))).toBe(!spans.some(([start, end]) => at >= start && at < end));
      }),
    );
  });
});
