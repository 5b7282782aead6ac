import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../services/runtime/config.js';
import { userNames, withUserNamed } from '../../services/runtime/pseudonyms.js';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'stepdown-names-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const names = (ingest: Record<string, unknown> = { userIds: 'pseudonym' }, dir = dataDir) =>
  userNames(loadConfig({ env: {}, overrides: { dataDir: dir, ingest } }));

describe('names of users', () => {
  it('are what was sent, unless pseudonyms are asked for', () => {
    expect(names({})('emma@contoso.example')).toBe('emma@contoso.example');
    expect(() => statSync(join(dataDir, 'user-key'))).toThrow();
  });

  it('are pseudonyms: the same after a restart, others elsewhere, and a pseudonym is one already', () => {
    const emma = names()('emma@contoso.example');
    expect(emma).toMatch(/^user-[0-9a-f]{32}$/);
    expect(names()('emma@contoso.example')).toBe(emma);
    expect(names()('bob@contoso.example')).not.toBe(emma);
    expect(names()(emma)).toBe(emma);
    const other = mkdtempSync(join(tmpdir(), 'stepdown-names-'));
    expect(names(undefined, other)('emma@contoso.example')).not.toBe(emma);
    rmSync(other, { recursive: true });
    expect(statSync(join(dataDir, 'user-key')).mode & 0o777).toBe(0o600);
  });

  it('come from a shared key where one is named; what is no key is refused with its place', () => {
    const userKey = join(dataDir, 'shared');
    writeFileSync(userKey, `${'ab'.repeat(32)}\n`);
    const elsewhere = join(dataDir, 'elsewhere');
    const ingest = { userIds: 'pseudonym', userKey };
    expect(names(ingest)('emma')).toBe(names(ingest, elsewhere)('emma'));
    expect(readFileSync(userKey, 'utf8')).toHaveLength(65);
    writeFileSync(userKey, 'secret');
    expect(() => names(ingest)).toThrow(expect.objectContaining({ code: 'config-invalid' }) as Error);
  });

  it('change nothing of an event but its user', () => {
    const event = { kind: 'prompt', user: { id: 'emma' }, text: 'I am emma' };
    expect(withUserNamed(event, (id) => id)).toBe(event);
    expect(withUserNamed(event, () => 'x')).toEqual({ ...event, user: { id: 'x' } });
    const bare = { user: undefined };
    expect(withUserNamed(bare, () => 'x')).toBe(bare);
  });
});
