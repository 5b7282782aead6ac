/**
 * What the command inside a call's arguments does: `Bash {command: "rm -rf /srv"}` deletes, whatever the tool is called.
 * Shell commands are told by the first words of each simple command, SQL by each statement's first word. It reads what
 * stands there and runs nothing, so it is a floor: a command that hides what it does (a variable, a script's name) is
 * still the `execute` that its tool's name says.
 */
import { EFFECT_CLASSES, type EffectClass } from '../../schemas/common.js';

/** Keys whose values are commands or statements. */
const COMMAND_KEY = /^(?:command|commands|cmd|shell|bash|script|code|sql|query|statement|statements|input|args?)$/i;
/** Of them those that as often hold what somebody searches for. */
const PLAIN_KEY = /^(?:query|input|args?)$/i;
const MAX_CHARS = 8_000;
const MAX_COMMANDS = 64;

const SHELL = new Map<string, EffectClass>();
for (const [effect, names] of Object.entries({
  delete: 'rm rmdir del erase shred unlink mkfs wipefs dd truncate remove-item dropdb srm',
  send: 'scp rsync sftp ftp tftp nc ncat netcat socat telnet mail mailx sendmail mutt send-mailmessage',
  share: 'chmod chown chgrp setfacl icacls',
  authenticate: 'passwd chpasswd useradd adduser usermod ssh-keygen ssh-copy-id visudo su htpasswd',
  write:
    'mv cp tee touch mkdir ln install patch sed perl set-content new-item move-item copy-item crontab sysctl iptables ufw mount umount',
  execute: `sh bash zsh dash ksh fish pwsh powershell python python2 python3 node deno bun ruby php java eval exec source ssh apt apt-get yum dnf
    apk brew pip pip3 npm npx yarn pnpm cargo make systemctl service kill pkill killall reboot shutdown halt start-process invoke-expression iex`,
  read: 'ls cat head tail less more grep rg find pwd echo printf whoami id ps df du stat file wc sort uniq cut awk jq date uname env which type true test sleep cd',
} satisfies Partial<Record<EffectClass, string>>))
  for (const name of names.split(/\s+/)) SHELL.set(name, effect as EffectClass);

/** Programs whose second words are the verb: `kubectl delete`, `git push`, `aws s3 rm`. */
const VERBED = new Set(
  'git gh glab kubectl helm docker podman aws az gcloud gsutil terraform pulumi oc heroku vault redis-cli mc'.split(
    ' ',
  ),
);
const VERBS = new Map<string, EffectClass>();
for (const [effect, names] of Object.entries({
  delete: 'delete rm rb rmi remove destroy prune purge drop flushall flushdb uninstall down clean terminate',
  send: 'push upload sync publish send',
  write:
    'create apply add commit merge set update patch scale rollout edit label annotate tag import cordon drain mv cp put reset rebase checkout',
  execute: 'run exec deploy install upgrade start stop restart up build invoke',
  share: 'grant share add-iam-policy-binding',
  authenticate: 'login',
  read: 'get list ls describe show status log logs diff cat pull clone fetch version top plan inspect',
} satisfies Partial<Record<EffectClass, string>>))
  for (const name of names.split(' ')) VERBS.set(name, effect as EffectClass);

const SQL_VERB =
  /^(select|with|show|describe|desc|explain|pragma|insert|update|merge|upsert|replace|alter|create|set|delete|drop|truncate|grant|revoke|exec|execute|call|copy|load)\s/i;
const SQL_EFFECT: Readonly<Record<string, EffectClass>> = {
  ...Object.fromEntries(
    ['select', 'with', 'show', 'describe', 'desc', 'explain', 'pragma'].map((verb) => [verb, 'read'] as const),
  ),
  ...Object.fromEntries(
    ['insert', 'update', 'merge', 'upsert', 'replace', 'alter', 'create', 'set', 'load'].map(
      (verb) => [verb, 'write'] as const,
    ),
  ),
  ...Object.fromEntries(['delete', 'drop', 'truncate'].map((verb) => [verb, 'delete'] as const)),
  grant: 'share',
  revoke: 'share',
  exec: 'execute',
  execute: 'execute',
  call: 'execute',
  copy: 'write',
};
/** The second word of a statement, without which "update me" and "show us" would be statements. */
const SQL_SHAPE: Readonly<Record<string, RegExp>> = {
  select: /\b(?:from|count|[\w.*]+\s*(?:,|$))/i,
  with: /\bas\s*\(/i,
  insert: /^insert\s+(?:into|ignore|or)\b/i,
  update: /\bset\b/i,
  delete: /^delete\s+(?:from\b|[\w."]+\s+from\b)/i,
  drop: /^drop\s+(?:table|database|schema|view|index|user|role|column|function|trigger|collection|keyspace|tablespace)\b/i,
  create:
    /^create\s+(?:or\s+replace\s+)?(?:table|database|schema|view|index|user|role|function|trigger|temp|temporary|unique|extension)\b/i,
  alter: /^alter\s+(?:table|database|schema|system|user|role|view|session|server|login)\b/i,
  truncate: /^truncate\s+(?:table\s+)?["\w.]+\s*$/i,
  grant: /\bto\b/i,
  revoke: /\bfrom\b/i,
  merge: /^merge\s+into\b/i,
  replace: /^replace\s+into\b/i,
  copy: /\b(?:from|to)\b/i,
  load: /^load\s+data\b/i,
  set: /=|\bto\b/i,
};
/** Of a dangerous drop inside one: `select 1; drop table x` is two statements. */
const STATEMENT_END = /;|\bgo\b\s*\n/i;

/**
 * Effects of the commands and statements in a call's arguments, in the order of the effect classes; empty where there are
 * none. `read` is given only together with nothing else to say.
 */
export function commandEffects(args: unknown): readonly EffectClass[] {
  if (args === null || typeof args !== 'object') return NONE;
  let found: Set<EffectClass> | undefined;
  for (const [key, value] of Object.entries(args)) {
    if (!COMMAND_KEY.test(key)) continue;
    const text = typeof value === 'string' ? value : Array.isArray(value) ? words(value) : undefined;
    if (text === undefined || text === '') continue;
    found ??= new Set();
    const head = text.slice(0, MAX_CHARS);
    // A search box and a free text have such keys, too: there only what is a statement for certain counts.
    if (sqlEffects(head, found) || PLAIN_KEY.test(key)) continue;
    shellEffects(head, found);
    for (const [pattern, effect] of CODE) if (pattern.test(head)) found.add(effect);
  }
  if (found === undefined || found.size === 0) return NONE;
  if (found.size > 1) found.delete('read');
  const effects = found;
  return EFFECT_CLASSES.filter((effect) => effects.has(effect));
}

/**
 * The effects of a call of a tool that is a program with verbs itself: `kubectl {args: "get pods"}`; empty where its name is none, or
 * nothing tells what it is told to do.
 */
export function programEffects(name: string, args: unknown): readonly EffectClass[] {
  const program = name.toLowerCase();
  if (!VERBED.has(program) || args === null || typeof args !== 'object') return NONE;
  const found = new Set<EffectClass>();
  for (const value of Object.values(args)) {
    const text = typeof value === 'string' ? value : Array.isArray(value) ? words(value) : undefined;
    if (text === undefined || text === '') continue;
    const line = text.slice(0, MAX_CHARS);
    shellEffects(line.startsWith(`${program} `) ? line : `${program} ${line}`, found);
  }
  if (found.size > 1) found.delete('read');
  return EFFECT_CLASSES.filter((effect) => found.has(effect));
}

/** Calls of the usual libraries in Python and JavaScript, alone or inside `python -c`. */
const CODE: readonly (readonly [RegExp, EffectClass])[] = [
  [
    /\bos\.(?:remove|unlink|rmdir|removedirs)\s*\(|\bshutil\.rmtree\s*\(|\.unlink\s*\(|\b(?:fs|fsp|promises)\.(?:rm|unlink|rmdir)(?:Sync)?\s*\(/,
    'delete',
  ],
  [
    /\b(?:requests|httpx|axios|session)\.(?:post|put|patch)\s*\(|\bsmtplib\b|\bfetch\s*\([^)]{0,300}\bmethod\b[^)]{0,20}(?:POST|PUT|PATCH)|\bsocket\.connect\s*\(/i,
    'send',
  ],
  [
    /\b(?:subprocess\.\w+|os\.system|os\.popen|child_process|execSync|spawnSync|eval|exec)\s*\(|\brequire\s*\(\s*['"](?:node:)?child_process/,
    'execute',
  ],
  [
    /\bopen\s*\([^)]{0,200},\s*(?:mode\s*=\s*)?['"][wax]|\bwriteFile(?:Sync)?\s*\(|\.write_(?:text|bytes)\s*\(/,
    'write',
  ],
];

const NONE: readonly EffectClass[] = [];

function words(items: readonly unknown[]): string | undefined {
  return items.every((item) => typeof item === 'string') ? items.join(' ') : undefined;
}

/** Whether the text is SQL; its effects are added. */
function sqlEffects(text: string, found: Set<EffectClass>): boolean {
  let any = false;
  for (const part of text.split(STATEMENT_END, MAX_COMMANDS)) {
    const statement = part.replace(/^(?:\s|--[^\n]*\n|\/\*[^*]*\*\/)+/, '').trim();
    const verb = SQL_VERB.exec(`${statement} `)?.[1]?.toLowerCase();
    if (verb === undefined || SQL_SHAPE[verb]?.test(statement) === false) continue;
    found.add(SQL_EFFECT[verb] as EffectClass);
    any = true;
    // A writing statement inside one that reads: `with gone as (delete from …) select`.
    if (verb === 'with' || verb === 'explain')
      for (const inner of statement.matchAll(/\b(delete\s+from|insert\s+into|update\s+[\w."]+\s+set)\b/gi))
        found.add((inner[1] as string).toLowerCase().startsWith('delete') ? 'delete' : 'write');
  }
  return any;
}

/** What ends one simple command and begins another. */
const COMMAND_BREAK = /\|\||&&|[;|&\n`]|\$\(|<\(/;
/** Words before a command that are not it: environment, privilege, patience. */
const PREFIX =
  /^(?:sudo|doas|nohup|time|nice|env|command|builtin|xargs|then|do|else|if|while|!|\(|\{|-\w+|[A-Za-z_]\w*=\S*|timeout|\d+[smh]?)$/;
const UPLOAD =
  /(?:^|\s)(?:-d|--data(?:-\w+)?|-F|--form|-T|--upload-file|--json|-X\s*(?:POST|PUT|PATCH|DELETE)|--request[ =](?:POST|PUT|PATCH|DELETE)|--post-(?:data|file)|--body-data|--method[ =](?:post|put))(?:[\s='"@]|$)/i;

function shellEffects(text: string, found: Set<EffectClass>): void {
  for (const part of text.split(COMMAND_BREAK, MAX_COMMANDS)) {
    const parts = part.trim().split(/\s+/);
    const at = parts.findIndex((word) => !PREFIX.test(word));
    if (at < 0) continue;
    const name = nameOf(parts[at] as string);
    if (name === 'curl' || name === 'wget' || name === 'http' || name === 'invoke-webrequest' || name === 'iwr')
      found.add(UPLOAD.test(part) || name === 'http' ? 'send' : 'read');
    else if (VERBED.has(name)) {
      for (const word of parts.slice(at + 1, at + 4)) {
        const effect = VERBS.get(word.toLowerCase());
        if (effect === undefined) continue;
        found.add(effect);
        break;
      }
    } else {
      const effect = SHELL.get(name);
      if (effect !== undefined) found.add(effect);
      if (name === 'find' && /\s-delete\b|-exec\s+rm\b/.test(part)) found.add('delete');
      if (name === 'crontab' && parts.includes('-r')) found.add('delete');
    }
    if (/(?:^|[^0-9&>])>{1,2}\s*[^\s&>]/.test(part) && !/>\s*\/dev\/null/.test(part)) found.add('write');
    if (/authorized_keys|\/etc\/(?:shadow|sudoers)/.test(part)) found.add('authenticate');
  }
}

/** Programs that build and test what is there; behind them stands what to do, then what with. */
const BUILDERS = new Set(
  'npm pnpm yarn npx bun pip pip3 poetry uv pytest tox make cargo go mvn gradle gradlew dotnet tsc eslint prettier jest vitest mocha ruff mypy git'.split(
    ' ',
  ),
);
const BUILDING = new Set(
  'test t build ci run lint check fmt format typecheck status diff log show compile vet clippy'.split(' '),
);
const STANDALONE = new Set('pytest tox make tsc eslint prettier jest vitest mocha ruff mypy gradlew'.split(' '));

/** Of a command that builds what there is: "npm", "run", "build", "git", "commit" stand in every second manual, and tell none from others. */
export const isBuildersWord = (word: string): boolean =>
  BUILDERS.has(word) ||
  BUILDING.has(word) ||
  word === 'commit' ||
  word === 'install' ||
  word === 'the' ||
  word === 'and';

/** What a command works on: its words without programs, what they are told to do, options and assignments. */
export interface CommandWords {
  operands: string[];
  /** It builds, tests or looks at what is there, and nothing else: every day's work of whoever may run commands at all. */
  routine: boolean;
}

/** The words of a command line of at most {@link MAX_CHARS}; nothing where the key is none that holds one. */
export function commandWords(key: string, value: string): CommandWords | undefined {
  if (!COMMAND_KEY.test(key) || PLAIN_KEY.test(key) || sqlEffects(value.slice(0, MAX_CHARS), new Set()))
    return undefined;
  const operands: string[] = [];
  let routine = true;
  let commands = 0;
  for (const part of value.slice(0, MAX_CHARS).split(COMMAND_BREAK, MAX_COMMANDS)) {
    const parts = part
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
    const at = parts.findIndex((word) => !PREFIX.test(word));
    if (at < 0) continue;
    commands++;
    const name = nameOf(parts[at] as string);
    const rest = parts.slice(at + 1).filter((word) => !word.startsWith('-'));
    const builder = BUILDERS.has(name);
    const told = builder && !STANDALONE.has(name) ? rest[0]?.toLowerCase() : undefined;
    if (!(SHELL.get(name) === 'read' || STANDALONE.has(name) || (told !== undefined && BUILDING.has(told))))
      routine = false;
    operands.push(...(told === undefined && !VERBED.has(name) ? rest : rest.slice(1)));
  }
  return { operands, routine: routine && commands > 0 };
}

/** `/usr/bin/rm` and `"rm"` are rm; `.\remove.exe` is remove. */
function nameOf(word: string): string {
  return (
    word
      .replace(/^["'(]+|["')]+$/g, '')
      .split(/[\\/]/)
      .pop() ?? ''
  )
    .toLowerCase()
    .replace(/\.(?:exe|cmd|bat|ps1)$/, '');
}
