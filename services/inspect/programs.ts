/**
 * Which programs a call of a general tool runs: `git push`, `pip install`, `drop`, `requests`. What a shell, a database or a
 * notebook is used for is told by these and not by its name.
 */
import { leavesOf } from './destinations.js';

const COMMAND_KEY = /^(?:command|cmd|args|script|shell|bash|line)$/i;
const CODE_KEY = /^(?:code|sql|query|statement|python|source)$/i;
/** A program at the beginning of a command, and what it is told to do. */
const PROGRAM = /(?:^|[|;&\n]\s{0,8}|\$\(\s{0,8}|`)(?:sudo\s{1,8})?([a-z][\w.-]{1,20})(?:\s{1,8}([a-z][\w-]{2,12}))?/g;
/** These do one thing or another by what they are told. */
const TOLD = new Set(
  'git npm pip pip3 kubectl docker gh make yarn pnpm cargo go helm terraform aws az gcloud'.split(' '),
);
const CODE =
  /(?:^|\n)\s{0,8}(?:import|from)\s{1,8}([a-z_]\w{1,30})|\b(select|create|insert|update|delete|drop|grant|alter|truncate|copy|revoke)\b/gi;
const MAX_CHARS = 600;
const MAX_PROGRAMS = 6;

/** Names of the programs, statements and libraries in a call's arguments; at most six. */
export function programsOf(args: unknown): readonly string[] {
  if (args === null || typeof args !== 'object') return [];
  const found = new Set<string>();
  for (const { path, value } of leavesOf(args, 20)) {
    const key = path.slice(path.lastIndexOf('/') + 1);
    const head = value.slice(0, MAX_CHARS);
    if (COMMAND_KEY.test(key))
      for (const [, program = '', told] of head.matchAll(PROGRAM))
        found.add(TOLD.has(program) && told !== undefined ? `${program} ${told}` : program);
    else if (CODE_KEY.test(key))
      for (const [, library, statement] of head.matchAll(CODE)) found.add((library ?? statement ?? '').toLowerCase());
  }
  return [...found].slice(0, MAX_PROGRAMS);
}
