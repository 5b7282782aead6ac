/**
 * What is dangerous in a call whoever wants it, told from its arguments alone: keys and passwords it goes after, code it
 * fetches and runs, ways that it sends something out by or stays by. Attackers want these whatever they write it in; work seldom does.
 */
import { leavesOf } from './destinations.js';

/** Where keys and passwords are kept, and what they look like. */
const SECRETS =
  /\.ssh\b|\bid_(?:rsa|ed25519|ecdsa|dsa)\b|\.env\b|\.aws\b|\.netrc|\.npmrc|\.pypirc|\.kube\b|\.pgpass|\.git-credentials|\/etc\/(?:passwd|shadow)|private[ _-]?key|secret|credential|passw(?:or)?d|api[ _-]?key|access[ _-]?key|cookie|keychain|BEGIN [A-Z ]{0,20}PRIVATE|\b[sr]k_live|\bAKIA[0-9A-Z]|\bghp_|\bprintenv\b|\benv\b\s{0,4}[|>]|getenv|os\.environ|process\.env/i;
/** Fetched and run at once, or from another place than everybody's; sent out by a shell; kept for later. */
const FOREIGN =
  /(?:curl|wget|fetch)[^|;&\n]{0,300}\|\s{0,4}(?:sudo )?(?:ba|z|da)?sh\b|\b(?:nc|ncat)\b\s+(?:-\S+\s+){0,4}[\w.-]+\s+\d+|\bnslookup\b|\bdig\b|--registry\b|--(?:extra-)?index-url\b|\bnpm i(?:nstall)? https?:|\bpip3? install [^\n]{0,80}https?:|base64 (?:-d|--decode)|\/dev\/tcp|\bchmod (?:\+x|[0-7]?777)|authorized_keys|\bcrontab\b|\buser(?:add|mod)\b|\bvisudo\b|\biptables\b|\bufw\b|\bsetenforce\b|\bsystemctl (?:stop|disable)|\bcurl\b[^|;\n]{0,200}\s(?:-d|--data\S{0,12}|-F|-T|--upload-file|-X ?(?:POST|PUT))\b/i;
const MAX_CHARS = 2000;

export interface Dangers {
  /** It goes after a key, a password or a cookie, or holds one. */
  secret: boolean;
  /** It runs what it fetches, sends something out by a shell, or leaves a way in. */
  foreign: boolean;
}

export function dangersOf(args: unknown): Dangers {
  let secret = false;
  let foreign = false;
  for (const { value } of leavesOf(args ?? {}, 40)) {
    const head = value.slice(0, MAX_CHARS);
    secret ||= SECRETS.test(head);
    foreign ||= FOREIGN.test(head);
  }
  return { secret, foreign };
}
