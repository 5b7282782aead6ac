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

  // Many a verb is also a thing: what is done to it stands in front or behind.
  test.each([
    ['messages.get', ['read']],
    ['message_list', ['read']],
    ['email_search', ['read']],
    ['sms_inbox', ['read']],
    ['inbox_invoices', ['read']],
    ['invoice_lookup', ['read']],
    ['payments.list', ['read']],
    ['purchaseHistory', ['read']],
    ['scheduled_posts', ['read']],
    ['order_status', ['read']],
    ['deploy_status', ['read']],
    ['record_get', ['read']],
    ['messages.send', ['send']],
    ['invoice.pay', ['pay']],
    ['transfer_funds', ['pay']],
    ['refunds.create', ['write', 'pay']],
    ['message_user', ['send']],
    ['post_status', ['send', 'read']],
    ['update_status', ['write']],
    ['share_list', ['share']],
    ['log_time', ['write']],
    ['book_table', ['write']],
    ['mailing_list_add', ['write']],
    ['wish_list.remove', ['delete']],
    ['order_status_update', ['write']],
    ['email_status_update', ['write', 'send']],
    ['contact_add', ['write']],
    ['email_read_receipt_enable', ['read', 'write']],
  ])('%s: %j', (name, effects) => {
    expect([...toolEffects({ name })].sort()).toEqual([...effects].sort());
  });

  test('what a description returns is looked at', () => {
    expect(toolEffects({ name: 'sync_42', description: 'Returns recent payments of the account.' })).toEqual(['read']);
    expect(toolEffects({ name: 'sync_42', description: 'Sends recent payments to the bank.' })).toEqual(['send']);
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
