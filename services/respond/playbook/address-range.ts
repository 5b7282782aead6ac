/** IP addresses and CIDR ranges (RFC 4632, RFC 4291), compared as numbers. */

interface Address {
  bits: 32 | 128;
  value: bigint;
}

const OCTET = /^(?:0|[1-9]\d{0,2})$/;

function ipv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => OCTET.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function groupsOf(text: string): string[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const last = groups.at(-1) ?? '';
  if (last.includes('.')) {
    const value = ipv4(last);
    if (value === undefined) return undefined;
    groups.splice(-1, 1, (value >> 16n).toString(16), (value & 0xffffn).toString(16));
  }
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) ? groups : undefined;
}

function ipv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = [groupsOf(halves[0] ?? ''), groupsOf(halves[1] ?? '')];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: halves.length === 1 ? 0 : missing }, () => '0'), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

/** An address as it stands alone or in brackets; `undefined`: it is none. IPv4 written inside IPv6 is IPv4. */
export function addressOf(text: string): Address | undefined {
  const four = ipv4(text);
  if (four !== undefined) return { bits: 32, value: four };
  const value = ipv6(text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, ''));
  if (value === undefined) return undefined;
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

export interface AddressRange {
  readonly bits: 32 | 128;
  readonly value: bigint;
  /** Bits that are not compared. */
  readonly free: bigint;
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address; `undefined`: it is none. */
export function rangeOf(text: string): AddressRange | undefined {
  const [written = '', prefix, ...more] = text.split('/');
  const address = addressOf(written);
  if (!address || more.length > 0) return undefined;
  const { bits, value } = address;
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined;
  const length = prefix === undefined ? bits : Number(prefix);
  if (length > bits) return undefined;
  const free = BigInt(bits - length);
  return { bits, value: value >> free, free };
}

export function isInRange(address: Address, range: AddressRange): boolean {
  return address.bits === range.bits && address.value >> range.free === range.value;
}
