/** Whether a call goes to the place that a text names. Both are normal forms (services/inspect/destinations.ts). */

/** Hosts at which everybody has an address: nobody's in particular. */
const EVERYBODYS =
  /^(?:(?:google|hot|rocket|fast|yahoo|g|proton|tuta)?mail|gmx|web|yahoo|outlook|live|icloud|me|aol|hey|proton|msn|qq|163|yandex)\.[a-z.]+$/;
/** Shorter beginnings of an address are those of many. */
const LEAST_ADDRESS = 8;
/** Where an address leaves a place for what the reader is to fill in: "https://host/?q=<what the user asked>". */
const LEFT_OPEN = /(?:[{<[$]|%7b|%3c).*$/i;

/**
 * That itself; a page at the host of an address that is named; the same page with another query (what stands behind the
 * question mark is what is carried there, not where to); or, of an address left open at its end, that with more behind it.
 */
export function isSamePlace(destination: string, named: string): boolean {
  if (destination === named) return true;
  const at = named.indexOf('@');
  if (at > 0) {
    const host = named.slice(at + 1);
    return !EVERYBODYS.test(host) && (destination === host || destination.startsWith(`${host}/`));
  }
  const query = named.indexOf('?');
  if (query > 0 && destination.startsWith(named.slice(0, query + 1))) return true;
  if (at === 0 || !named.includes('/')) return false;
  const beginning = named.replace(LEFT_OPEN, '');
  if (beginning.length < LEAST_ADDRESS || !destination.startsWith(beginning)) return false;
  return /[=/?&#]$/.test(beginning) || /^[=/?&#]/.test(destination.slice(beginning.length));
}
