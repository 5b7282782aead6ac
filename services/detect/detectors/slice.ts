/** A detector's own slice of a state. */
export function slice<T>(states: Readonly<Record<string, unknown>>, name: string): T | undefined {
  return states[name] as T | undefined;
}

/** The slice, made where there is none yet. */
export function ensured<T>(states: Record<string, unknown>, name: string, make: () => T): T {
  return (states[name] ??= make()) as T;
}
