import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  keepGoodTexts,
  LAST_GOOD_FILE,
  startingPlaybooks,
} from '../../../services/respond/playbook/files/last-good.js';
import { settingAt } from '../../../services/respond/playbook/types.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { silentLog } from '../../../services/runtime/log.js';
import { OVERRIDES, PLAYBOOK } from './session-files.js';

describe('an engine that is started on faulty files', () => {
  let folder: string;
  const place = (name: string) => join(folder, name);
  const write = (name: string, text: string) => writeFileSync(place(name), text);
  const config = () =>
    loadConfig({
      env: {},
      overrides: {
        dataDir: place('data'),
        respond: { playbooks: [place('playbooks')], overrides: place('overrides.yaml') },
      },
    });
  /** What acts, with version and mode, and which files stand as they were. */
  const start = () => {
    const loaded = startingPlaybooks(config(), {});
    keepGoodTexts(config(), loaded, silentLog());
    return {
      acts: loaded.playbooks.map((each) => `${each.id} v${each.version} ${settingAt(each, Date.now()).mode}`),
      kept: loaded.kept.map((file) => file.slice(folder.length + 1)),
      errors: loaded.diagnostics.filter(({ severity }) => severity === 'error').length,
    };
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepdown-good-'));
    for (const name of ['data', 'playbooks']) mkdirSync(place(name));
    write('playbooks/session.yaml', PLAYBOOK);
    write('overrides.yaml', OVERRIDES);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keeps what was promoted acting, as often as it is started, and takes what is mended', () => {
    expect(start()).toEqual({ acts: ['session v1 enforce'], kept: [], errors: 0 });
    write('overrides.yaml', `${OVERRIDES}nonsense: [`);
    for (let times = 0; times < 2; times++)
      expect(start()).toEqual({ acts: ['session v1 enforce'], kept: ['overrides.yaml'], errors: 1 });
    write('overrides.yaml', OVERRIDES.replace('enforce', 'off'));
    expect(start()).toEqual({ acts: ['session v1 off'], kept: [], errors: 0 });
  });

  it('keeps the last good form of a playbook, and not of one that is gone', () => {
    start();
    write('playbooks/session.yaml', PLAYBOOK.replace('version: 1', 'version: two'));
    expect(start()).toMatchObject({ acts: ['session v1 enforce'], kept: ['playbooks/session.yaml'] });
    write('playbooks/session.yaml', Buffer.from([0xff, 0xfe, 0x00]).toString('latin1'));
    expect(start()).toMatchObject({ acts: ['session v1 enforce'] });
    rmSync(place('playbooks/session.yaml'));
    expect(start().acts).toEqual([]);
    expect(readFileSync(place(`data/${LAST_GOOD_FILE}`), 'utf8')).not.toContain('session.yaml');
  });

  it('says what is wrong, and goes without, where nothing good was ever kept', () => {
    write('overrides.yaml', 'nonsense: [');
    expect(start()).toEqual({ acts: ['session v1 observe'], kept: [], errors: 1 });
    write(`data/${LAST_GOOD_FILE}`, 'no JSON');
    expect(start()).toMatchObject({ acts: ['session v1 observe'], kept: [] });
  });
});
