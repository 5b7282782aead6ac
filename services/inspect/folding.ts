/** Case folding by single code units, as patterns with the flags `i` and `iu` do it, in a table. */

/** Beyond stand only scripts without case, full-width letters and historic alphabets: no word that is looked for has them. */
const CODES = 0x2c00;
/** The two characters beyond ASCII that fold to ASCII: the long s and the Kelvin sign. */
const TO_ASCII = new Set([0x17f, 0x212a]);

const FOLDED = Uint16Array.from({ length: CODES }, (_, code) => {
  const character = String.fromCharCode(code);
  const upper = character.toUpperCase();
  const lower = (upper.length === 1 ? upper : character).toLowerCase();
  const folds = lower.length === 1 && (code < 128 || lower.charCodeAt(0) >= 128 || TO_ASCII.has(code));
  return folds ? lower.charCodeAt(0) : code;
});

/** Code units that differ in case alone have the same one. */
export function folded(code: number): number {
  return code < CODES ? (FOLDED[code] as number) : code;
}
