/** `--control tool.block=send_*,effect:pay` and entities as `agent:id`, as people write them on a command line. */
import { Value } from '@sinclair/typebox/value';
import { EFFECT_CLASSES, type EffectClass } from '../../schemas/common.js';
import { type Control, CONTROLS, type ControlName } from '../../schemas/control.js';
import { ENTITY_TYPES, type EntityRef, type EntityType } from '../../schemas/entity.js';
import { parseDuration } from '../runtime/config/duration.js';
import { StepdownError } from '../runtime/errors.js';
import { nearest } from '../runtime/nearness.js';

/** How each control's value is written; shown in help and errors. */
export const CONTROL_SYNTAX: Record<ControlName, string> = {
  'tool.block': 'tool.block[=NAME|effect:CLASS|to:DESTINATION,…]',
  'tool.requireApproval': 'tool.requireApproval[=NAME|effect:CLASS|to:DESTINATION,…]',
  'scope.narrow': 'scope.narrow=SCOPE,…',
  'auth.strength': 'auth.strength=mfa|passwordless|phishing-resistant',
  'auth.reauthenticate': 'auth.reauthenticate=15m',
  'egress.allow': 'egress.allow=DOMAIN,…',
  'model.deny': 'model.deny=NAME,…',
  'sandbox.require': 'sandbox.require=process|container|vm',
  'data.mask': 'data.mask=suspicious-spans|secrets|pii|all,…',
  'generation.guard': 'generation.guard=no-tools|TOKENS',
  'rate.limit': 'rate.limit=CALLS/1m[,NAME…]',
  'session.suspend': 'session.suspend',
  'agent.disable': 'agent.disable',
};
const DEFAULT_APPROVAL_MS = 15 * 60_000;

/** Throws `usage` with the syntax that was meant. */
export function parseControl(text: string): Control {
  const [name = '', value = ''] = split(text, '=');
  if (!Object.hasOwn(CONTROLS, name)) {
    const meant = nearest(name, Object.keys(CONTROLS));
    throw new StepdownError('usage', `there is no control ${JSON.stringify(name)}`, {
      mend: meant === undefined ? `one of ${Object.keys(CONTROLS).join(', ')}` : `did you mean ${meant}?`,
    });
  }
  const control = build(
    name as ControlName,
    value
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  );
  if (control === undefined || !Value.Check(CONTROLS[control.control], control)) {
    throw new StepdownError('usage', `${JSON.stringify(text)} is no complete control`, {
      mend: `write ${CONTROL_SYNTAX[name as ControlName]}`,
    });
  }
  return control;
}

function build(control: ControlName, parts: string[]): Control | undefined {
  const [first] = parts;
  switch (control) {
    case 'tool.block':
      return { control, ...selector(parts) };
    case 'tool.requireApproval':
      return { control, ...selector(parts), timeoutMs: DEFAULT_APPROVAL_MS, otherwise: 'block' };
    case 'scope.narrow':
      return { control, scopes: parts };
    case 'auth.strength':
    case 'sandbox.require':
      return { control, level: first } as Control;
    case 'auth.reauthenticate':
      return { control, withinMs: parseDuration(first ?? '') ?? Number.NaN };
    case 'egress.allow':
      return { control, domains: parts };
    case 'model.deny':
      return parts.length === 0 ? undefined : { control, models: parts };
    case 'data.mask':
      return parts.length === 0 ? undefined : ({ control, what: parts } as Control);
    case 'generation.guard':
      return first === 'no-tools'
        ? { control, denyToolUse: true }
        : { control, maxOutputTokens: Number(first ?? Number.NaN) };
    case 'rate.limit': {
      const [calls, per] = split(first ?? '', '/');
      return {
        control,
        calls: Number(calls || Number.NaN),
        perMs: parseDuration(per ?? '') ?? Number.NaN,
        ...selector(parts.slice(1)),
      };
    }
    case 'session.suspend':
    case 'agent.disable':
      return parts.length === 0 ? { control } : undefined;
  }
}

function selector(parts: readonly string[]): { tools?: string[]; effects?: EffectClass[]; destinations?: string[] } {
  const tools: string[] = [];
  const effects: EffectClass[] = [];
  const destinations: string[] = [];
  for (const part of parts) {
    if (part.startsWith('effect:')) effects.push(effect(part.slice('effect:'.length)));
    else if (part.startsWith('to:')) destinations.push(part.slice('to:'.length));
    else tools.push(part);
  }
  return {
    ...(tools.length > 0 ? { tools } : {}),
    ...(effects.length > 0 ? { effects } : {}),
    ...(destinations.length > 0 ? { destinations } : {}),
  };
}

function effect(text: string): EffectClass {
  if ((EFFECT_CLASSES as readonly string[]).includes(text)) return text as EffectClass;
  throw new StepdownError('usage', `there is no effect class ${JSON.stringify(text)}`, {
    mend: `one of ${EFFECT_CLASSES.join(', ')}`,
  });
}

/** `agent:billing`, `session:conv-1`; a bare id is an agent. Throws `usage`. */
export function parseEntity(text: string, tenant: string): EntityRef {
  const [type = '', id = ''] = split(text, ':');
  if ((ENTITY_TYPES as readonly string[]).includes(type) && id !== '') return { tenant, type: type as EntityType, id };
  if (!text.includes(':') && text !== '') return { tenant, type: 'agent', id: text };
  throw new StepdownError('usage', `${JSON.stringify(text)} names no entity`, {
    mend: `write TYPE:ID, with a type of ${ENTITY_TYPES.join(', ')}`,
  });
}

export function parseLength(text: string, option: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new StepdownError('usage', `${option}: ${JSON.stringify(text)} is no duration`, {
    mend: 'write it as 30s, 15m, 1h30m or 7d',
  });
}

function split(text: string, by: string): [string, string?] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + by.length)];
}
