import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configuredPlaybooks } from '../../../services/respond/playbook/files/configured.js';
import { PlaybookWatch } from '../../../services/respond/playbook/files/watch.js';
import { type CompiledPlaybook, settingAt } from '../../../services/respond/playbook/types.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { OVERRIDES, PLAYBOOK } from './session-files.js';

describe('playbooks that change while the engine runs', () => {
  let folder: string;
  let overrides: string;
  let said: string[];
  let used: readonly CompiledPlaybook[];
  let watch: PlaybookWatch;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepdown-watch-'));
    overrides = join(folder, 'overrides.yaml');
    writeFileSync(join(folder, 'session.yaml'), PLAYBOOK);
    writeFileSync(overrides, OVERRIDES);
    const config = loadConfig({
      env: {},
      overrides: { respond: { playbooks: [join(folder, 'session.yaml')], overrides } },
    });
    said = [];
    const log = pino(
      { level: 'info' },
      { write: (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg) },
    );
    const loaded = configuredPlaybooks(config);
    used = loaded.playbooks;
    watch = new PlaybookWatch(config, loaded, log, (playbooks) => (used = playbooks));
  });
  afterEach(() => {
    watch.stop();
    rmSync(folder, { recursive: true });
  });
  const modes = () => used.map((playbook) => [playbook.id, settingAt(playbook, Date.now()).mode]);

  it('takes up what an operator says', () => {
    expect(modes()).toEqual([['session', 'enforce']]);
    writeFileSync(overrides, OVERRIDES.replace('enforce', 'off'));
    watch.reload();
    expect(modes()).toEqual([['session', 'off']]);
  });

  it.each([
    ['no YAML', '{playbooks: ['],
    ['an unknown key', OVERRIDES.replace('reason', 'raeson')],
    [
      'an exception that cannot be compiled',
      `${OVERRIDES.replace(' }', ", except: [{when: 'finding.nope == 1', reason: x, owner: ann, expires: 2099-01-01T00:00:00Z}] }")}`,
    ],
  ])('keeps every playbook as it was where the overrides are broken: %s', (_name, text) => {
    writeFileSync(overrides, text);
    watch.reload();
    expect(modes()).toEqual([['session', 'enforce']]);
    expect(said.join('\n')).toMatch(/overrides\.yaml:\d+:\d+ error PB0/);
    // Mended, it is taken up again.
    writeFileSync(overrides, OVERRIDES.replace('enforce', 'observe'));
    watch.reload();
    expect(modes()).toEqual([['session', 'observe']]);
  });

  it.each([
    ['a parameter', 'params: {least: 0.5}', 'params: {least: 0.9}'],
    ['the agents it is enforced for', 'agents: [a]', 'agents: [b]'],
    [
      'an allowed entity’s end',
      "allow: [{entity: 'agent:a', reason: r, owner: o, expires: 2098-01-01T00:00:00Z}]",
      "allow: [{entity: 'agent:a', reason: r, owner: o, expires: 2099-01-01T00:00:00Z}]",
    ],
  ])('takes up a change that shows nowhere but in values: %s', (_name, before, after) => {
    const write = (text: string) => writeFileSync(overrides, OVERRIDES.replace(' }', `, ${text} }`));
    writeFileSync(
      join(folder, 'session.yaml'),
      `${PLAYBOOK}params: {least: 0.7}\nwhen: finding.confidence >= params.least\n`,
    );
    write(before);
    watch.reload();
    const old = used;
    watch.reload();
    expect(used).toBe(old);
    write(after);
    watch.reload();
    expect(used).not.toBe(old);
  });

  it('takes up a reference list, whose names stand in no playbook', () => {
    writeFileSync(join(folder, 'session.yaml'), `${PLAYBOOK}when: '!domainIn(finding.origin, lists.trusted)'\n`);
    const lists = (name: string) => writeFileSync(overrides, `${OVERRIDES}lists: {trusted: [${name}]}\n`);
    lists('a.example');
    watch.reload();
    const old = used;
    lists('b.example');
    watch.reload();
    expect(used).not.toBe(old);
  });

  it('keeps the last good form of a playbook that became faulty', () => {
    writeFileSync(join(folder, 'session.yaml'), PLAYBOOK.replace('sessionEnd', 'sesionEnd'));
    watch.reload();
    expect(modes()).toEqual([['session', 'enforce']]);
  });

  it('keeps it, too, where the file was saved as something else than UTF-8', () => {
    writeFileSync(join(folder, 'session.yaml'), Buffer.from(`${PLAYBOOK}# \xfc\n`, 'latin1'));
    watch.reload();
    expect(modes()).toEqual([['session', 'enforce']]);
    expect(said.join('\n')).toContain('this character is not UTF-8');
    writeFileSync(overrides, Buffer.from(OVERRIDES.replace('ann', 'J\xfcrg'), 'latin1'));
    watch.reload();
    expect(modes()).toEqual([['session', 'enforce']]);
  });
});
