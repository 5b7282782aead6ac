/** Options that several commands share, parsed once. */
import { InvalidArgumentError, Option } from 'commander';

export function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 on is wanted');
  return value;
}

export const limitOption = (fallback = 50): Option =>
  new Option('--limit <n>', 'at most this many, newest first').argParser(count).default(fallback);
export const reasonOption = (): Option =>
  new Option('--reason <text>', 'why; kept in the audit stream').makeOptionMandatory();

export function collect(value: string, all: string[] = []): string[] {
  return [...all, value];
}
