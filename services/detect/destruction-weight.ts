/**
 * How much a call destroys, told from its arguments: nothing where only what can be made again goes (build results, caches,
 * temporary files), one for a thing, more for a whole table, namespace, bucket or folder at once.
 */
import { leavesOf } from '../inspect/destinations.js';

/** A folder with what is in it, many things by a pattern. */
const FOLDER = 2;
/** What holds a whole store of things: two of them are a catastrophe. */
const STORE = 4;

const MAX_LEAVES = 20;
const MAX_CHARS = 4000;

/** Made by programs, and made again by them. */
const REGENERABLE =
  /^(?:\.{0,2}\/)*(?:\S*\/)?(?:dist|build|out|target|node_modules|coverage|\.?cache|\.next|\.nuxt|\.turbo|\.parcel-cache|__pycache__|\.pytest_cache|\.mypy_cache|\.tox|\.?venv|te?mp|obj|\.gradle|\.terraform)(?:\/\S*)?$|^(?:\/private)?(?:\/var)?\/tmp\/|^\$\{?(?:TMPDIR|TEMP|TMP)\b|\.(?:tmp|temp|pyc|pyo|o|obj|class|swp|lock|log|cache|map|tsbuildinfo)$/i;

/** One simple command that takes files away, and what it is given. */
const REMOVING = /(?:^|[\s;&|(])(?:rm|rmdir|unlink|shred|srm|del|erase|remove-item)((?:\s+[^\s;&|)]+)+)/gi;
const RECURSIVE = /(?:^|\s)-(?:[a-z]*r[a-z]*|-recursive)\b|-recurse\b/i;
/** The root, a home, or a folder right below the root. */
const ROOT = /^["']?(?:\/|~\/?|\/[\w.-]+\/?|\$\{?HOME\}?\/?|[a-z]:\\?)\*?["']?$/i;

const STORES: readonly RegExp[] = [
  /\bdrop\s+(?:table|database|schema|collection|keyspace|tablespace)\s+(?!if\s+exists)/i,
  /\btruncate\s+(?:table\s+)?["`\w.]+\s*(?:cascade|restart|;|"|'|$)/i,
  /\bdelete\s+from\s+["`\w.]+\s*(?:;|"|'|$|where\s+(?:1\s*=\s*1|true|1)\b)/i,
  /\bdropdb\b|\bmkfs|\bwipefs\b|\bdd\s[^\n]{0,200}\bof=\/dev\/|\bflush(?:all|db)\b|\.drop(?:Database)?\(\)/i,
  /\bkubectl\s+delete\s+(?:\S+\s+){0,3}(?:ns|namespaces?|pvc?|persistentvolume\w*|--all)\b|\bhelm\s+(?:uninstall|delete)\b/i,
  /\b(?:docker|podman)\s+(?:volume\s+(?:rm|prune)|system\s+prune)\b|\b(?:terraform|pulumi)\s+destroy\b/i,
  /\baws\s+s3\s+(?:rb\b|rm\b[^\n]{0,200}--recursive)|\bgsutil\s+(?:-m\s+)?rm\s+-r\b|\baz\s+group\s+delete\b|\bgcloud\s+projects\s+delete\b/i,
  /\bgit\s+push\b[^\n]{0,200}(?:\s--mirror|\s--delete\b|\s\+?:\S)/i,
];

/** @param args a call's arguments, any JSON, of a call that is known to delete; 0: nothing that would be missed */
export function destructionWeight(args: unknown): number {
  const leaves = leavesOf(args, MAX_LEAVES).map(({ value }) => value.slice(0, MAX_CHARS));
  if (leaves.some((value) => STORES.some((store) => store.test(value)))) return STORE;
  let weight: number | undefined;
  for (const value of leaves) {
    for (const [, given = ''] of value.matchAll(REMOVING)) {
      const operands = given
        .trim()
        .split(/\s+/)
        .filter((word) => !word.startsWith('-') && word !== '/s' && word !== '/q');
      const missed = operands.filter((operand) => !REGENERABLE.test(operand.replace(/^["']|["']$/g, '')));
      weight = Math.max(weight ?? 0, ofOperands(missed, RECURSIVE.test(given)));
    }
  }
  if (weight !== undefined) return weight;
  const paths = leaves.filter((value) => value.includes('/') || value.includes('\\'));
  return paths.length > 0 && paths.every((path) => !/\s/.test(path) && REGENERABLE.test(path)) ? 0 : 1;
}

function ofOperands(operands: readonly string[], recursive: boolean): number {
  if (operands.length === 0) return 0;
  if (!recursive) return operands.some((operand) => operand.includes('*')) ? FOLDER : 1;
  return operands.some((operand) => ROOT.test(operand)) ? STORE : FOLDER;
}
