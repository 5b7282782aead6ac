/**
 * The kinds of keys a configuration has. The type of the result follows from the shape: a duration `lateness` becomes
 * `latenessMs`, a size `maxBody` becomes `maxBodyBytes`, and a key without a default may be absent.
 */

interface Described {
  readonly description: string;
}
export interface TextKey<D extends string | undefined = string | undefined> extends Described {
  readonly kind: 'text';
  readonly default: D;
  /**
   * `true`: never shown, not in errors, not in `config show`, not in logs. `path`: an address whose path or query may be
   * as good as a password (Slack's and Teams' webhooks are); of it only scheme, host and port are shown.
   */
  readonly secret: boolean | 'path';
  /** What documents say instead of the default, where that depends on the machine. */
  readonly shownDefault: string | undefined;
  /** Without a default, and still it must be given. */
  readonly required: boolean;
  /** Says what is wrong with a value, or `undefined`. */
  readonly check: ((value: string) => string | undefined) | undefined;
}
export interface PathKey<D extends string | undefined = string | undefined> extends Described {
  readonly kind: 'path';
  /** Relative paths are relative to the configuration file's folder, else to the working folder. */
  readonly default: D;
}
export interface ChoiceKey<C extends string = string, D extends C | undefined = C | undefined> extends Described {
  readonly kind: 'choice';
  readonly choices: readonly C[];
  readonly default: D;
}
export interface NumberKey<D extends number | undefined = number | undefined> extends Described {
  readonly kind: 'number';
  readonly default: D;
  readonly minimum: number;
  readonly maximum: number;
  readonly integer: boolean;
}
export interface FlagKey extends Described {
  readonly kind: 'flag';
  readonly default: boolean;
}
export interface DurationKey<D extends string | undefined = string | undefined> extends Described {
  readonly kind: 'duration';
  readonly default: D;
  readonly minimum: string;
  readonly maximum: string;
}
export interface SizeKey<D extends string | undefined = string | undefined> extends Described {
  readonly kind: 'size';
  readonly default: D;
  readonly minimum: string;
  readonly maximum: string;
}
export interface ListKey<I extends Shape = Shape> extends Described {
  readonly kind: 'list';
  readonly item: I;
  readonly default: readonly unknown[];
}
export interface VariantKey<V extends Record<string, SectionKey> = Record<string, SectionKey>> extends Described {
  readonly kind: 'variant';
  /** Which of the variants a value is, named by its key `type`. */
  readonly variants: V;
}
export interface SectionKey<K extends Keys = Keys> extends Described {
  readonly kind: 'section';
  readonly keys: K;
}
export type Shape =
  TextKey | PathKey | ChoiceKey | NumberKey | FlagKey | DurationKey | SizeKey | ListKey | VariantKey | SectionKey;
export interface Keys {
  readonly [key: string]: Shape;
}

type Renamed<K, S> = K extends string
  ? S extends { kind: 'duration' }
    ? `${K}Ms`
    : S extends { kind: 'size' }
      ? `${K}Bytes`
      : K
  : never;
type Absent<S> = S extends { kind: 'list' | 'section' | 'variant' }
  ? false
  : S extends { default: undefined }
    ? true
    : false;
type Flat<T> = { readonly [K in keyof T]: T[K] };

/** What a value of this shape is once it is read. */
export type Resolved<S> =
  S extends SectionKey<infer K>
    ? ResolvedKeys<K>
    : S extends VariantKey<infer V>
      ? { [T in keyof V]: Flat<{ type: T } & Resolved<V[T]>> }[keyof V]
      : S extends ListKey<infer I>
        ? readonly Resolved<I>[]
        : S extends ChoiceKey<infer C>
          ? C
          : S extends FlagKey
            ? boolean
            : S extends { kind: 'number' | 'duration' | 'size' }
              ? number
              : string;

export type ResolvedKeys<K> = Flat<
  { [N in keyof K as Absent<K[N]> extends true ? never : Renamed<N, K[N]>]: Resolved<K[N]> } & {
    [N in keyof K as Absent<K[N]> extends true ? Renamed<N, K[N]> : never]?: Resolved<K[N]>;
  }
>;

/** The name a key has in the result. */
export function resolvedName(name: string, shape: Shape): string {
  return shape.kind === 'duration' ? `${name}Ms` : shape.kind === 'size' ? `${name}Bytes` : name;
}

type Check = (value: string) => string | undefined;

export function text<const D extends string | undefined = undefined>(
  description: string,
  options: { default?: D; shownDefault?: string; check?: Check; secret?: 'path' } = {},
): TextKey<D> {
  return {
    kind: 'text',
    description,
    default: options.default as D,
    secret: options.secret ?? false,
    shownDefault: options.shownDefault,
    required: false,
    check: options.check,
  };
}
/** A text that must be given: its section makes no sense without it. */
export function requiredText(description: string, options: { check?: Check; secret?: 'path' } = {}): TextKey<string> {
  return {
    kind: 'text',
    description,
    default: undefined as unknown as string,
    secret: options.secret ?? false,
    shownDefault: undefined,
    required: true,
    check: options.check,
  };
}
export function secret(description: string, options: { check?: Check } = {}): TextKey<undefined> {
  return {
    kind: 'text',
    description,
    default: undefined,
    secret: true,
    shownDefault: undefined,
    required: false,
    check: options.check,
  };
}
export function path<const D extends string | undefined = undefined>(
  description: string,
  options: { default?: D } = {},
): PathKey<D> {
  return { kind: 'path', description, default: options.default as D };
}
export function choice<const C extends string, const D extends C>(
  choices: readonly C[],
  description: string,
  options: { default: D },
): ChoiceKey<C, D> {
  return { kind: 'choice', choices, description, default: options.default };
}
export function number<const D extends number | undefined = undefined>(
  description: string,
  options: { default?: D; minimum?: number; maximum?: number; integer?: boolean } = {},
): NumberKey<D> {
  return {
    kind: 'number',
    description,
    default: options.default as D,
    minimum: options.minimum ?? 0,
    maximum: options.maximum ?? Number.MAX_SAFE_INTEGER,
    integer: options.integer ?? true,
  };
}
export function port<const D extends number>(description: string, value: D): NumberKey<D> {
  return {
    kind: 'number',
    description: `${description} 0 lets the system pick one.`,
    default: value,
    minimum: 0,
    maximum: 65_535,
    integer: true,
  };
}
export function flag(description: string, value: boolean): FlagKey {
  return { kind: 'flag', description, default: value };
}
export function duration<const D extends string | undefined = undefined>(
  description: string,
  options: { default?: D; minimum?: string; maximum?: string } = {},
): DurationKey<D> {
  return {
    kind: 'duration',
    description,
    default: options.default as D,
    minimum: options.minimum ?? '0',
    maximum: options.maximum ?? '3650d',
  };
}
export function size<const D extends string | undefined = undefined>(
  description: string,
  options: { default?: D; minimum?: string; maximum?: string } = {},
): SizeKey<D> {
  return {
    kind: 'size',
    description,
    default: options.default as D,
    minimum: options.minimum ?? '1',
    maximum: options.maximum ?? '1024TiB',
  };
}
export function list<I extends Shape>(
  item: I,
  description: string,
  options: { default?: readonly unknown[] } = {},
): ListKey<I> {
  return { kind: 'list', item, description, default: options.default ?? [] };
}
export function variant<V extends Record<string, SectionKey>>(variants: V, description: string): VariantKey<V> {
  return { kind: 'variant', variants, description };
}
export function section<const K extends Keys>(description: string, keys: K): SectionKey<K> {
  return { kind: 'section', description, keys };
}
