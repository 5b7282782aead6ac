/** The process is killed with rows under way, again and again: each row arrives, at least once, and is told by its id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileSources } from '../../runtime/crash/compiled.js';
import { type Workspace, workspace } from './workspace.js';

const KILLS = 3;
let space: Workspace;
let compiled = '';
let child: ChildProcess | undefined;

beforeAll(async () => {
  space = await workspace();
  compiled = compileSources(['services/forward', 'services/inspect', 'services/policy', 'tests/forward']);
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await space.stop();
  rmSync(compiled, { recursive: true, force: true });
});

function run(dataDir: string, sink: string, ...rest: string[]): { said: string[]; ended: Promise<number | null> } {
  const said: string[] = [];
  const started = spawn(
    process.execPath,
    [join(compiled, 'tests/forward/sentinel/crash-child.js'), dataDir, sink, ...rest],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  child = started;
  let pending = '';
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    said.push(...lines);
  });
  let errors = '';
  started.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return {
    said,
    ended: new Promise((resolve) =>
      started.on('exit', (code) => {
        if (code !== null && code !== 0) said.push(errors);
        resolve(code);
      }),
    ),
  };
}

it(
  'loses no row and doubles none under another id when the process is killed with rows under way',
  { timeout: 120_000 },
  async () => {
    const dataDir = join(space.folder, 'engine');
    mkdirSync(dataDir);
    const sink = join(space.folder, 'sink.json');
    writeFileSync(sink, JSON.stringify({ ...space.written, tables: ['incidents', 'decisions'], timeout: '2s' }));
    const durable: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const calls = new Map<string, number>();
      // Every other answer of a table is lost, so that there are rows of which nobody here knows whether they were taken.
      space.logs.peer.always = ({ path }) => {
        if (!path.includes('dataCollectionRules')) return undefined;
        calls.set(path, (calls.get(path) ?? 0) + 1);
        return (calls.get(path) ?? 0) % 2 === 1 ? 'reset-afterwards' : undefined;
      };
      const { said, ended } = run(dataDir, sink, String(kill));
      const before = space.logs.bodies.length;
      const until = Date.now() + 30_000;
      while (space.logs.bodies.length < before + 4 + kill && Date.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 3));
      expect(said.length).toBeGreaterThan(0);
      child?.kill('SIGKILL');
      expect(await ended).toBeNull();
      durable.push(...said);
    }
    space.logs.peer.always = undefined;
    const { said, ended } = run(dataDir, sink, 'last', 'drain');
    expect(await ended, said.join('\n')).toBe(0);

    const incidents = space.logs.table('StepdownIncidents_CL').map(({ RowId }) => String(RowId));
    const decisions = space.logs.table('StepdownDecisions_CL').map(({ RowId }) => String(RowId));
    const subjects = new Set(incidents.map((id) => id.replace(/:\d+$/, '')));
    expect(durable.filter((id) => !subjects.has(`i${id}`))).toEqual([]);
    expect(durable.filter((id) => !new Set(decisions).has(`d${id}`))).toEqual([]);
    // The last word on each incident is its highest version: none goes back.
    const highest = new Map<string, number>();
    for (const id of incidents) {
      const [subject = '', version = '0'] = id.split(':');
      expect(Number(version)).toBeGreaterThanOrEqual(highest.get(subject) ?? 0);
      highest.set(subject, Number(version));
    }
    // Repeats are the same row: what differs between two copies is when they were sent.
    const first = new Map<string, unknown>();
    for (const row of space.logs.table('StepdownIncidents_CL')) {
      const id = String(row['RowId']);
      const copy = { ...row, TimeGenerated: '' };
      if (first.has(id)) expect(copy).toEqual(first.get(id));
      else first.set(id, copy);
    }
    expect(first.size).toBeLessThan(incidents.length);
  },
);
