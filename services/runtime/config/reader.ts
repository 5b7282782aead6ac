/** Checks a plain value against a shape and gives the resolved one; collects every fault instead of stopping at the first. */
import { isAbsolute, resolve } from 'node:path';
import { nearest } from '../nearness.js';
import { pointerTo } from '../yaml.js';
import { formatDuration, parseDuration } from './duration.js';
import { type Keys, resolvedName, type Shape } from './shape.js';
import { formatSize, parseSize } from './size.js';

export interface Fault {
  pointer: string;
  /** Whether the key itself is wrong, or its value. */
  part: 'key' | 'value';
  message: string;
  mend?: string;
}

export interface ReadContext {
  faults: Fault[];
  /** What relative paths are relative to. */
  baseDir: string;
}

/** A name for what a value is, without showing it. */
function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section';
  if (typeof value === 'string') return 'text';
  return `a ${typeof value}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `undefined` stands for a value that was refused or is absent. */
export function readShape(shape: Shape, value: unknown, pointer: string, context: ReadContext): unknown {
  const refuse = (message: string, mend?: string): undefined => {
    context.faults.push({ pointer, part: 'value', message, ...(mend === undefined ? {} : { mend }) });
    return undefined;
  };
  const name = pointer.slice(1).replaceAll('/', '.');
  switch (shape.kind) {
    case 'section':
      if (value !== undefined && value !== null && (typeof value !== 'object' || Array.isArray(value))) {
        return refuse(`\`${name}\` must be a section of keys, not ${kindOf(value)}`);
      }
      return readKeys(shape.keys, (value ?? {}) as Record<string, unknown>, pointer, context);
    case 'variant': {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return refuse(`\`${name}\` must be a section with a \`type\`, not ${kindOf(value)}`);
      const { type, ...rest } = value as Record<string, unknown>;
      const known = Object.keys(shape.variants);
      const keys =
        typeof type === 'string' && Object.hasOwn(shape.variants, type) ? shape.variants[type]?.keys : undefined;
      if (keys === undefined) {
        context.faults.push({
          pointer: type === undefined ? pointer : pointerTo(pointer, 'type'),
          part: 'value',
          message: `\`${name}.type\` must be one of ${known.join(', ')}${type === undefined ? '' : `, not ${shown(type)}`}`,
        });
        return undefined;
      }
      return { type, ...readKeys(keys, rest, pointer, context) };
    }
    case 'list':
      if (!Array.isArray(value))
        return refuse(
          `\`${name}\` must be a list, not ${kindOf(value)}`,
          'write each item on a line of its own, with a dash in front',
        );
      return value.map((item, index) => readShape(shape.item, item, pointerTo(pointer, index), context));
    case 'flag':
      return typeof value === 'boolean' ? value : refuse(`\`${name}\` must be true or false, not ${shown(value)}`);
    case 'number': {
      if (typeof value !== 'number' || !Number.isFinite(value))
        return refuse(`\`${name}\` must be a number, not ${shown(value)}`);
      if (shape.integer && !Number.isInteger(value)) return refuse(`\`${name}\` must be a whole number, not ${value}`);
      if (value < shape.minimum || value > shape.maximum)
        return refuse(`\`${name}\` must be between ${shape.minimum} and ${shape.maximum}, not ${value}`);
      return value;
    }
    case 'choice': {
      if (typeof value === 'string' && shape.choices.includes(value)) return value;
      const meant = typeof value === 'string' ? nearest(value, shape.choices) : undefined;
      return refuse(
        `\`${name}\` must be one of ${shape.choices.join(', ')}, not ${shown(value)}`,
        meant === undefined ? undefined : `did you mean ${meant}?`,
      );
    }
    case 'duration': {
      const ms = typeof value === 'string' ? parseDuration(value) : value === 0 ? 0 : undefined;
      if (ms === undefined)
        return refuse(
          `\`${name}\` must be a duration such as 15m or 1h30m, not ${shown(value)}`,
          typeof value === 'number' ? `add a unit: ${value}s, ${value}m …` : undefined,
        );
      const [low, high] = [parseDuration(shape.minimum) ?? 0, parseDuration(shape.maximum) ?? Infinity];
      return ms < low || ms > high
        ? refuse(`\`${name}\` must be between ${formatDuration(low)} and ${formatDuration(high)}, not ${shown(value)}`)
        : ms;
    }
    case 'size': {
      const bytes =
        typeof value === 'string'
          ? parseSize(value)
          : typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
            ? value
            : undefined;
      if (bytes === undefined) return refuse(`\`${name}\` must be a size such as 64KiB or 16MiB, not ${shown(value)}`);
      const [low, high] = [parseSize(shape.minimum) ?? 0, parseSize(shape.maximum) ?? Infinity];
      return bytes < low || bytes > high
        ? refuse(`\`${name}\` must be between ${formatSize(low)} and ${formatSize(high)}, not ${shown(value)}`)
        : bytes;
    }
    case 'path':
      if (typeof value !== 'string' || value === '' || value.includes('\0'))
        return refuse(`\`${name}\` must be a path, not ${shown(value)}`);
      return isAbsolute(value) ? value : resolve(context.baseDir, value);
    case 'text': {
      if (typeof value !== 'string')
        return refuse(
          `\`${name}\` must be text, not ${kindOf(value)}`,
          typeof value === 'number' || typeof value === 'boolean' ? 'put it in quotes' : undefined,
        );
      const wrong = shape.check?.(value);
      return wrong === undefined
        ? value
        : refuse(`\`${name}\` ${shape.secret ? '' : `${shown(value)} `}${wrong}`.replace('  ', ' '));
    }
  }
}

function readKeys(
  keys: Keys,
  value: Record<string, unknown>,
  pointer: string,
  context: ReadContext,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(keys, name)) continue;
    const meant = nearest(name, Object.keys(keys));
    const where = pointer === '' ? '' : ` in \`${pointer.slice(1).replaceAll('/', '.')}\``;
    context.faults.push({
      pointer: pointerTo(pointer, name),
      part: 'key',
      message: `unknown key \`${name}\`${where}`,
      mend: meant === undefined ? `known keys: ${Object.keys(keys).join(', ')}` : `did you mean ${meant}?`,
    });
  }
  for (const [name, shape] of Object.entries(keys)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    const at = pointerTo(pointer, name);
    let read: unknown;
    // `key:` with nothing behind it leaves the default, as a commented-out value does.
    if (given !== undefined && given !== null) read = readShape(shape, given, at, context);
    else if (shape.kind === 'section') read = readShape(shape, {}, at, context);
    else if (shape.kind === 'text' && shape.required) {
      context.faults.push({
        pointer,
        part: 'value',
        message: `\`${at.slice(1).replaceAll('/', '.')}\` is missing`,
        mend: shape.description,
      });
    } else if ('default' in shape && shape.default !== undefined)
      read = readShape({ ...shape, ...('check' in shape ? { check: undefined } : {}) }, shape.default, at, context);
    if (read !== undefined) result[resolvedName(name, shape)] = read;
  }
  return result;
}
