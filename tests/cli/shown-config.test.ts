/** What is secret is marked where the key is declared, and is shown nowhere. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { shownConfig } from '../../services/cli/shown-config.js';
import { CONFIG_KEYS } from '../../services/runtime/config.js';
import { type Keys, resolvedName, type Shape, type TextKey } from '../../services/runtime/config/shape.js';
import { SECRET_FIELDS } from '../../services/runtime/log.js';
import { stepdown } from './captured.js';

/** Names of what is, or may carry, something that lets its reader in. */
const TELLING = /ur[li]|endpoint|token|secret|passw|key|connection|header|credential|cookie|authorization|sas|webhook/i;
/** Looked at, and nobody is let in by knowing them. Whoever adds to this says why. */
const HARMLESS: Readonly<Record<string, string>> = {
  'enforce.points<entra>.groups.passwordless': 'the id of a group',
  'gateway.publicUrl': 'where people reach this engine: it stands in every notification',
  'ingest.sources<eventhubs>.endpoint': 'the host of an emulator, for tests; refused with a key in it',
  'forward.sinks<sentinel>.endpoint': 'a data collection endpoint: every writer signs in',
};

/** Every text key with the names that lead to it. */
function texts(keys: Keys, at = ''): { name: string; key: TextKey }[] {
  const of = (shape: Shape, name: string): { name: string; key: TextKey }[] => {
    switch (shape.kind) {
      case 'section':
        return texts(shape.keys, `${name}.`);
      case 'list':
        return of(shape.item, name);
      case 'variant':
        return Object.entries(shape.variants).flatMap(([type, { keys: own }]) => texts(own, `${name}<${type}>.`));
      case 'text':
        return [{ name, key: shape }];
      default:
        return [];
    }
  };
  return Object.entries(keys).flatMap(([name, shape]) => of(shape, `${at}${name}`));
}

it('no key that sounds like a secret is shown by oversight', () => {
  const sounding = texts(CONFIG_KEYS).filter(({ name }) => TELLING.test(name.split('.').at(-1) ?? ''));
  expect(sounding.length).toBeGreaterThan(15);
  const shown = sounding.filter(({ name, key }) => key.secret === false && !(name in HARMLESS));
  expect(
    shown.map(({ name }) => name),
    'mark them in their declaration, or say here why not',
  ).toEqual([]);
  const all = new Map(texts(CONFIG_KEYS).map(({ name, key }) => [name, key]));
  expect(Object.keys(HARMLESS).filter((name) => all.get(name)?.secret !== false)).toEqual([]);
});

it('the log hides every secret of the configuration by its name', () => {
  const secret = texts(CONFIG_KEYS).flatMap(({ name, key }) =>
    key.secret === true ? [name.split('.').at(-1) ?? ''] : [],
  );
  expect([...new Set(secret)].filter((name) => !SECRET_FIELDS.includes(name))).toEqual([]);
});

it('nothing of a secret is shown, wherever it stands', () => {
  const CANARY = 'c4n4ry';
  const filled = (keys: Keys): Record<string, unknown> =>
    Object.fromEntries(Object.entries(keys).flatMap(([name, shape]) => [[resolvedName(name, shape), valueOf(shape)]]));
  const valueOf = (shape: Shape): unknown => {
    switch (shape.kind) {
      case 'section':
        return filled(shape.keys);
      case 'list':
        return shape.item.kind === 'variant'
          ? Object.entries(shape.item.variants).map(([type, { keys }]) => ({ type, ...filled(keys) }))
          : [valueOf(shape.item)];
      case 'variant':
        throw new Error('only in lists');
      case 'text':
        if (shape.secret === false) return 'plain';
        return shape.secret === true
          ? CANARY
          : `https://user:${CANARY}@host.example:8443/${CANARY}/x?sig=${CANARY}#${CANARY}`;
      default:
        return 'plain';
    }
  };
  const shown = JSON.stringify(shownConfig(filled(CONFIG_KEYS), CONFIG_KEYS));
  expect(shown).not.toContain(CANARY);
  expect(shown).toContain('"url":"https://host.example:8443/[hidden]"');
  expect(shown).toContain('"password":"[hidden]"');
});

it('a webhook of a chat is shown by its host, and an address that is wrong is not repeated', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepdown-shown-'));
  try {
    const file = join(folder, 'stepdown.yaml');
    const path = 'T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX';
    writeFileSync(
      file,
      `forward:\n  sinks:\n    - { type: webhook, name: soc, url: 'https://hooks.slack.com/services/${path}' }\n`,
    );
    const shown = await stepdown(['config', 'show', '--config', file]);
    expect(shown.code).toBe(0);
    expect(shown.out).toContain('url: https://hooks.slack.com/[hidden]');
    expect(shown.out + shown.err).not.toContain('XXXX');
    const json = await stepdown(['config', 'show', '--json', '--config', file]);
    expect(json.out).not.toContain('XXXX');
    writeFileSync(
      file,
      `forward:\n  sinks:\n    - { type: webhook, name: soc, url: 'hooks.slack.com/services/${path}' }\n`,
    );
    const wrong = await stepdown(['config', 'check', '--config', file]);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain(`${file}:3:`);
    expect(wrong.out + wrong.err).not.toContain('XXXX');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
