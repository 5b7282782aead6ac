/**
 * A text's UTF-16 units in an array. Reading a unit of a text costs some nanoseconds, since a text may be kept in several ways;
 * of an array, one. Whoever walks a whole text walks this instead; the copy costs what a hundredth of the walk does.
 */

/** Longer texts are given an array of their own, which is not held on to. */
const MOST_HELD = 1 << 17;
const FIRST_HELD = 1 << 12;

let held: string | undefined;
let bytes = Buffer.alloc(2 * FIRST_HELD);
let units = arrayOf(bytes);

function arrayOf(buffer: Buffer): Uint16Array {
  return new Uint16Array(buffer.buffer, buffer.byteOffset, buffer.length >> 1);
}

/**
 * The units of a text, one 0 behind its end, and anything behind that. Shared: nobody may change it, and it is valid until
 * the units of another text are asked for.
 */
export function unitsOf(text: string): Uint16Array {
  if (held === text) return units;
  const most = text.length + 1;
  if (most > units.length) {
    bytes = Buffer.alloc(2 * (most > MOST_HELD ? most : Math.min(MOST_HELD, 2 * most)));
    units = arrayOf(bytes);
  } else if (units.length > MOST_HELD && most <= MOST_HELD) {
    bytes = Buffer.alloc(2 * MOST_HELD);
    units = arrayOf(bytes);
  }
  bytes.write(text, 0, 'utf16le');
  units[text.length] = 0;
  held = text;
  return units;
}
