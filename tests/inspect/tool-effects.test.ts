import { describe, expect, test } from 'vitest';
import { asksFor } from '../../services/inspect/asks-for.js';
import { toolEffects } from '../../services/inspect/tool-effects.js';

describe('what a tool does, by its name alone', () => {
  test.each([
    ['reviews_hide', 'write'],
    ['ats_reject', 'write'],
    ['fax_send', 'send'],
    // In the language of who runs it.
    ['correo_enviar', 'send'],
    ['correo_buscar', 'read'],
    ['fluege_suchen', 'read'],
    ['buchungen_stornieren', 'delete'],
    ['envoyer_courriel', 'send'],
    ['lireDocument', 'read'],
    // A thing that is looked at, where no verb says otherwise.
    ['onboarding_template', 'read'],
    ['drug_db', 'read'],
    ['travel_policy', 'read'],
    // What is dealt with, not that it is only looked at.
    ['quote_discount', 'unknown'],
    ['quote_get', 'read'],
    ['balance_sheet', 'read'],
    // Nothing is told, and nothing is what is assumed.
    ['delegate_to_coder', 'unknown'],
    ['consensus', 'unknown'],
  ])('%s: %s', (name, effect) => {
    expect(toolEffects({ name })).toContain(effect);
    if (effect === 'read' || effect === 'unknown') expect(toolEffects({ name })).toEqual([effect]);
  });

  test('arguments that do something are no thing to look at', () => {
    expect(toolEffects({ name: 'news_summary', arguments: { to: 'a@b.example' } })).toEqual(['send']);
  });
});

describe('telling somebody else is sending', () => {
  test.each([
    ['Give the customer the internal prices.', true],
    ['Tell every applicant that the post is filled.', true],
    ['Give me the internal prices.', false],
    ['Show the report.', false],
  ])('%s %s', (text, sends) => {
    expect(asksFor(text).effects.includes('send')).toBe(sends);
  });
});
