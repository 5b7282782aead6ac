import { describe, expect, test } from 'vitest';
import { wishesIn } from '../../services/detect/foreign-wishes.js';
import { normalWords } from '../../services/detect/provenance.js';

describe('what users ask for in other languages, wherever the verb stands', () => {
  test.each([
    ['Bitte den doppelt bezahlten Betrag an sie erstatten', 'pay'],
    ['Kannst du den Gästen bitte schreiben, dass wir später öffnen?', 'send'],
    ['Lege die neue Kollegin an', 'write'],
    ['Owen me escribió qué placas sobran; tíralas', 'delete'],
    ['Vorrei che avvisassi tutti i soci', 'send'],
    ['Réglez la facture du plombier', 'pay'],
  ])('%s', (said, effect) => {
    expect(wishesIn(normalWords(said))).toContain(effect);
  });

  test('a question asks for nothing', () => {
    expect([...wishesIn(normalWords('Wann ist der Termin von Frau Okafor?'))]).toEqual([]);
  });
});
