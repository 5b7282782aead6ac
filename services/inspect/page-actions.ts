/**
 * What operating a page does: browser and computer tools click, type and select, and what that means stands in the label of
 * what is clicked. "Buy tickets" pays, "Delete account" deletes, "Opening hours" only goes on reading. A page is made to be
 * operated, so that a label comes from it says nothing against a call.
 */
import type { EffectClass } from '../../schemas/common.js';
import { effectsOfStems } from './foreign-verbs.js';

/** Verbs of tools that operate what a screen shows. */
const OPERATING =
  /(?:^|_)(?:click|tap|press|type|fill|select|check|uncheck|choose|drag|drop|hover|focus|key|double_click|press_key|select_option|fill_form|input)(?:_|$)/;
const SCREEN =
  /(?:^|_)(?:browser|page|web|playwright|puppeteer|selenium|computer|mouse|keyboard|screen|ui|dom|tab)(?:_|$)/;
/** Keys that say which part of the page is meant. */
const PLACE_KEY =
  /^(?:element|ref|selector|locator|label|role|index|xpath|coordinate|coordinates|x|y|node_?id|element_?id|target|start_?element|end_?element|start_?ref|end_?ref|intent|description|name|field)$/i;
const LABEL_KEY = /^(?:element|label|text|name|description|intent|target)$/i;
const TYPING = /(?:^|_)(?:type|fill|fill_form|input|key|press_key|press)(?:_|$)/;

/** `browser_click`, `page.fill`, `Computer/mouse_click`; the name in snake case, lower case. */
export function isPageAction(words: readonly string[]): boolean {
  const name = words.join('_');
  return OPERATING.test(name) && (SCREEN.test(name) || words.length === 1);
}

/** Whether a key only says where on the page a call acts. */
export function isPagePlace(key: string): boolean {
  return PLACE_KEY.test(key);
}

/**
 * The effects of operating a page, by the label of what is operated.
 *
 * @param effectOf what a word of a label stands for
 */
export function pageEffects(
  words: readonly string[],
  args: unknown,
  effectOf: (word: string) => EffectClass | undefined,
): readonly EffectClass[] {
  const typing = TYPING.test(words.join('_'));
  const effects = new Set<EffectClass>();
  if (args !== null && typeof args === 'object')
    for (const [key, value] of Object.entries(args)) {
      if (/^submit$/i.test(key) && (value === true || value === 'true')) effects.add('send');
      // What is typed is no label.
      if (typeof value !== 'string' || !LABEL_KEY.test(key) || (typing && /^text$/i.test(key))) continue;
      for (const word of value
        .toLowerCase()
        .match(/\p{L}+/gu)
        ?.slice(0, 4) ?? []) {
        const effect = LABELS.get(word) ?? effectOf(word);
        if (effect !== undefined && GRAVE.has(effect)) effects.add(effect);
        else if (effect === undefined)
          for (const foreign of effectsOfStems(word)) if (GRAVE.has(foreign)) effects.add(foreign);
      }
    }
  if (typing && effects.size === 0) effects.add('write');
  return effects.size === 0 ? ['read'] : [...effects];
}

/** Words that mean more, or less, on a button than in a tool's name. */
const LABELS = new Map<string, EffectClass>([
  ['submit', 'send'],
  ['checkout', 'pay'],
  ['order', 'pay'],
  ['contact', 'read'],
  ['message', 'read'],
  ['email', 'read'],
  ['mail', 'read'],
  ['call', 'read'],
  ['access', 'read'],
  ['account', 'read'],
  ['password', 'read'],
  ['tickets', 'read'],
  ['deactivate', 'delete'],
  ['unsubscribe', 'delete'],
  ['subscribe', 'pay'],
  ['upgrade', 'pay'],
  ['install', 'execute'],
]);
const GRAVE: ReadonlySet<EffectClass> = new Set(['send', 'pay', 'delete', 'share', 'execute', 'authenticate']);
