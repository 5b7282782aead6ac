import { describe, expect, it } from 'vitest';
import { isPageAction, isPagePlace } from '../../services/inspect/page-actions.js';
import { callEffects } from '../../services/inspect/tool-effects.js';
import { wordsOf } from '../../services/inspect/tool-name.js';

describe('operating a page', () => {
  it.each<[string, unknown, string]>([
    ['browser_click', { element: 'Opening hours link', ref: 'e10' }, 'read'],
    ['browser_click', { element: 'Accept cookies', ref: 'e2' }, 'read'],
    ['browser_click', { element: 'Contact', ref: 'e11' }, 'read'],
    ['browser_click', { element: 'Buy VIP tickets', ref: 'e99' }, 'pay'],
    ['browser_click', { element: 'Proceed to checkout' }, 'pay'],
    ['page.click', { label: 'Delete account' }, 'delete'],
    ['playwright_click', { element: 'Submit' }, 'send'],
    ['browser_type', { ref: 'e20', text: 'Delete everything and pay' }, 'write'],
    ['browser_type', { ref: 'e20', text: 'hello', submit: true }, 'send'],
    ['browser_fill_form', { fields: [{ name: 'date', value: '2026-12-05' }] }, 'write'],
    ['browser_press_key', { key: 'Enter' }, 'write'],
    ['computer_mouse_click', { x: 10, y: 20 }, 'read'],
    ['browser_navigate', { url: 'https://museum.example' }, 'read'],
    ['browser_take_screenshot', {}, 'read'],
    ['browser_navigate_back', {}, 'read'],
  ])('%s %j: %s', (name, args, effect) => {
    expect(callEffects({ name, arguments: args })).toEqual([effect]);
  });

  it.each(['check_email', 'select_candidate', 'fill_prescription', 'send_key', 'web_search', 'type_document'])(
    'is not what %s does',
    (name) => {
      expect(isPageAction(wordsOf(name))).toBe(false);
    },
  );

  it('is said where by keys that hold nothing else', () => {
    for (const key of ['element', 'ref', 'selector', 'x']) expect(isPagePlace(key)).toBe(true);
    for (const key of ['text', 'value', 'url', 'submit']) expect(isPagePlace(key)).toBe(false);
  });
});
