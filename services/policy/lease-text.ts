/**
 * What has to be known of a contraction at once, read from the text it is stored or told in: enough to find it by its
 * target, to let it lapse in time, to take it away at its end and to count it. Parsing it whole takes four times as long, and a million times forty objects is a heap that the
 * collector goes through again and again.
 *
 * A lease is stored with these members first and in this order (`headFirst`); a text that begins otherwise is parsed. What
 * is matched is exact JSON from the first character on, so no text inside a value can pass for a member.
 */
import type { Contraction, ContractionState } from '../../schemas/contraction.js';
import { ENTITY_TYPES, type EntityRef, entityKey } from '../../schemas/entity.js';
import { ownText } from './text-slab.js';

/** What is known of a lease before the rest of it is read. */
export interface LeaseHead extends Pick<
  Contraction,
  'id' | 'version' | 'state' | 'mode' | 'leaseMs' | 'leaseUntilMs' | 'engineGone'
> {
  targetKey: string;
  /** The name of its playbook; `undefined`: a person made it. */
  playbook: string | undefined;
  controls: readonly string[];
  effects: readonly { point: string; state: string }[];
}

export function headOf(contraction: Contraction): LeaseHead {
  const { id, version, state, mode, leaseMs, leaseUntilMs, engineGone, target, playbook, controls, effects } =
    contraction;
  const targetKey = entityKey(target);
  const names = controls.map(({ control }) => control);
  return {
    id,
    version,
    state,
    mode,
    leaseMs,
    leaseUntilMs,
    engineGone,
    targetKey,
    playbook: playbook?.name,
    controls: names,
    effects,
  };
}

/** The contraction at this version, its members in the order that `leaseHead` reads. */
export function headFirst(contraction: Contraction, version: number): Contraction {
  // Once in order it stays so: each step copies it. To copy as it is costs a tenth of ordering it.
  if (isHeadFirst(contraction)) return { ...contraction, version };
  const { id, state, mode, target, leaseMs, leaseUntilMs, engineGone, playbook, controls, effects } = contraction;
  const head = { id, version, state, mode, target, leaseMs, leaseUntilMs, engineGone };
  const first: Partial<Contraction> =
    playbook === undefined ? { ...head, controls, effects } : { ...head, playbook, controls, effects };
  return { ...first, ...contraction, version };
}

const FIRST: readonly (keyof Contraction)[] = [
  'id',
  'version',
  'state',
  'mode',
  'target',
  'leaseMs',
  'leaseUntilMs',
  'engineGone',
];
const LED = [...FIRST, 'controls', 'effects'];
const LED_BY_PLAYBOOK = [...FIRST, 'playbook', 'controls', 'effects'];

function isHeadFirst(contraction: Contraction): boolean {
  const expected = contraction.playbook === undefined ? LED : LED_BY_PLAYBOOK;
  let at = 0;
  for (const member in contraction) {
    if (member !== expected[at]) return false;
    at += 1;
    if (at === expected.length) return true;
  }
  return false;
}

const TEXT = '"([^"\\\\]*)"';
const HEAD = new RegExp(
  `\\{"id":${TEXT},"version":(\\d+),"state":"(active|ending|ended)","mode":"(observe|enforce)",` +
    `"target":\\{"tenant":${TEXT},"type":"(${ENTITY_TYPES.join('|')})","id":${TEXT}\\},` +
    `"leaseMs":(\\d+),"leaseUntilMs":(\\d+),"engineGone":"(lapse|hold)",` +
    `(?:"playbook":\\{"id":${TEXT},"name":${TEXT},"version":\\d+,"title":"(?:[^"\\\\]|\\\\.)*"\\},)?"controls":\\[`,
  'y',
);
const CONTROL = /\{"control":"([a-zA-Z.]+)"/y;
const EFFECTS = /,"effects":\[/y;
const EFFECT = new RegExp(`\\{"id":"(?:[^"\\\\]|\\\\.)*","control":\\d+,"point":${TEXT},"state":"([a-z_]+)"`, 'y');

/** `undefined`: not of the form described above, or neither active nor over. Then parse it. */
export function leaseHead(text: string): LeaseHead | undefined {
  const head = matchAt(HEAD, text, 0);
  if (head === null) return undefined;
  const controls: string[] = [];
  let at = eachOf(text, HEAD.lastIndex, CONTROL, ([, control]) => controls.push(control as string));
  if (at === -1 || matchAt(EFFECTS, text, at) === null) return undefined;
  const effects: { point: string; state: string }[] = [];
  at = eachOf(text, EFFECTS.lastIndex, EFFECT, ([, point, state]) =>
    effects.push({ point: point as string, state: state as string }),
  );
  if (at === -1) return undefined;
  const [, id, version, state, mode, tenant, type, target, leaseMs, leaseUntilMs, engineGone, , playbook] = head;
  return {
    // What is kept long must not keep the text it was found in.
    id: ownText(id as string),
    version: Number(version),
    state: state as ContractionState,
    mode: mode as Contraction['mode'],
    targetKey: ownText(entityKey({ tenant: tenant as string, type: type as EntityRef['type'], id: target as string })),
    leaseMs: Number(leaseMs),
    leaseUntilMs: Number(leaseUntilMs),
    engineGone: engineGone as Contraction['engineGone'],
    playbook,
    controls,
    effects,
  };
}

const TOLD = '{"kind":"contraction","contraction":';

/** The contraction within the text of a record of the contractions topic; `undefined`: it tells something else. */
export function toldContraction(text: string): string | undefined {
  return text.startsWith(TOLD) ? text.slice(TOLD.length, -1) : undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Takes the beginning of each object of a list whose `[` stands before `at`. Gives where the list is over; -1: it is of another form. */
function eachOf(text: string, at: number, beginning: RegExp, take: (match: RegExpExecArray) => void): number {
  if (text.charCodeAt(at) === CLOSE_LIST) return at + 1;
  for (let here = at; ;) {
    const match = matchAt(beginning, text, here);
    if (match === null) return -1;
    take(match);
    here = endOfObject(text, beginning.lastIndex);
    if (here === -1) return -1;
    const next = text.charCodeAt(here);
    if (next === CLOSE_LIST) return here + 1;
    if (next !== COMMA) return -1;
    here += 1;
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Behind the end of the object in which `at` stands, outside its strings; -1: it has no end. */
function endOfObject(text: string, at: number): number {
  let depth = 1;
  for (let here = at; here < text.length; here += 1) {
    const code = text.charCodeAt(here);
    if (code === QUOTE) {
      here = closingQuote(text, here);
      if (here === -1) return -1;
    } else if (code === OPEN || code === OPEN_LIST) depth += 1;
    else if ((code === CLOSE || code === CLOSE_LIST) && --depth === 0) return here + 1;
  }
  return -1;
}

function closingQuote(text: string, opening: number): number {
  for (let quote = text.indexOf('"', opening + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (text.charCodeAt(quote - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return quote;
  }
  return -1;
}
