import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../services/cli/program.js';
import { EXIT } from '../../services/cli/exit.js';
import { captured, stepdown } from './captured.js';

function leaves(command: Command, path: string[] = []): string[][] {
  const children = command.commands.filter((child) => child.name() !== 'help');
  if (children.length === 0) return [path];
  return children.flatMap((child) => leaves(child, [...path, child.name()]));
}
const COMMANDS = leaves(build(captured().terminal, () => undefined));

describe('every command', () => {
  it.each(COMMANDS.map((path) => [path.join(' '), path] as const))(
    '%s helps with a description and an example',
    async (_name, path) => {
      const { code, out } = await stepdown([...path, '--help']);
      expect(code).toBe(EXIT.ok);
      expect(out).toContain(`Usage: stepdown ${path.join(' ')}`);
      expect(out).toContain('Example:');
      expect(out).toMatch(/--json/);
    },
  );

  it('is there: what the project promises', () => {
    const names = new Set(COMMANDS.map(([first]) => first));
    for (const name of [
      'up',
      'backtest',
      'eval',
      'simulate',
      'weigh',
      'tail',
      'risk',
      'agents',
      'incidents',
      'contractions',
      'contain',
      'approvals',
      'pause',
      'resume',
      'deadletter',
      'doctor',
      'forget',
      'learn',
      'ingest',
      'playbook',
      'demo',
      'principals',
      'config',
      'findings',
    ])
      expect(names).toContain(name);
  });
});

describe('wrong usage', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepdown-usage-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    [['incident'], /unknown command 'incident'[\s\S]*Did you mean/],
    [['incidents', 'close', 'x'], /--verdict/],
    [['incidents', 'close', 'x', '--verdict', 'maybe', '--reason', 'r'], /Allowed choices are true, false, benign/],
    [['incidents', 'list', '--limit', '0'], /a whole number from 1 on/],
    [['backtest'], /--telemetry/],
    [['eval'], /nothing to evaluate on/],
    [['eval', '--traces', 'x.jsonl'], /each needs the other/],
    [['eval', '--text', 'x.jsonl', '--only', 'best'], /there is no variant best/],
  ])('%j ends with 2 and says what was meant', async (args, message) => {
    const { code, err, out } = await stepdown(args);
    expect(code).toBe(EXIT.usage);
    expect(err).toMatch(message);
    expect(out).toBe('');
  });

  it('names the place in a faulty configuration, all faults at once', async () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'gatway:\n  port: 1\nretention:\n  telemetry: soon\n');
    const { code, err } = await stepdown(['config', 'check', '--config', file]);
    expect(code).toBe(EXIT.usage);
    expect(err).toContain(`${file}:1:1`);
    expect(err).toContain('did you mean gateway?');
    expect(err).toContain(`${file}:4:14`);
    expect(err).not.toContain('    at ');
  });

  it('shows a stack only when asked', async () => {
    const { err } = await stepdown(['config', 'check', '--config', join(folder, 'none.yaml'), '--verbose']);
    expect(err).toContain('    at ');
  });

  it('says that nothing runs and what to do, with 3', async () => {
    const { code, err } = await stepdown(['incidents', 'list', '--data-dir', join(folder, 'none')]);
    expect(code).toBe(EXIT.notRunning);
    expect(err).toMatch(/no engine runs.*stepdown up/);
  });

  it('refuses a time zone that does not exist', async () => {
    const { code, err } = await stepdown(['playbook', 'list', '--timezone', 'Mars/Olympus']);
    expect([code, err]).toEqual([EXIT.ok, '']);
    const shown = await stepdown(['config', 'show', '--json', '--timezone', 'UTC']);
    expect(shown.code).toBe(EXIT.ok);
  });
});

describe('config show', () => {
  it('hides secrets', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stepdown-config-'));
    const file = join(folder, 'c.yaml');
    writeFileSync(
      file,
      'forward:\n  sinks:\n    - {type: webhook, url: "https://hook.example/x", secret: "do-not-show-this-one"}\n',
    );
    const { code, out } = await stepdown(['config', 'show', '--config', file]);
    rmSync(folder, { recursive: true, force: true });
    expect(code).toBe(EXIT.ok);
    expect(out).toContain('https://hook.example/');
    expect(out).not.toContain('https://hook.example/x');
    expect(out).not.toContain('do-not-show');
  });
});
