/** Amounts of bytes as people write them: `512`, `64KiB`, `16MiB`, `10GB`. */

const UNIT_BYTES = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;
type Unit = keyof typeof UNIT_BYTES;

/** Whole bytes, or `undefined` where the text is no size. Without a unit: bytes. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s?([KMGT]i?B|B)?$/.exec(text.trim());
  if (match === null) return undefined;
  const bytes = Math.floor(Number(match[1]) * UNIT_BYTES[(match[2] ?? 'B') as Unit]);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** At most one decimal, in binary units: `1.5MiB`. For people; not exact. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  let index = 0;
  let amount = bytes;
  while (amount >= 1024 && index < units.length - 1) [amount, index] = [amount / 1024, index + 1];
  return `${Number(amount.toFixed(1))}${units[index] ?? 'B'}`;
}
