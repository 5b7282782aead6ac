import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { azArguments } from '../../services/cli/commands/sentinel.js';
import { runAz } from '../../services/cli/azure-cli.js';
import { EXIT } from '../../services/cli/exit.js';
import { rendered } from '../../services/forward/sentinel/content/render.js';
import { DEFAULT_SETTINGS } from '../../services/forward/sentinel/content/settings.js';
import { type Workspace, workspace } from '../forward/sentinel/workspace.js';
import { HttpsPeer } from '../peers/https-peer.js';
import { stepdown } from './captured.js';

describe('stepdown sentinel render', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepdown-render-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes the templates with the names that were given', async () => {
    const { code, out } = await stepdown([
      'sentinel',
      'render',
      '--out',
      folder,
      '--workspace-name',
      'soc',
      '--location',
      'westeurope',
      '--principal-id',
      '11111111-2222-3333-4444-555555555555',
      '--least',
      'Medium',
      '--apart',
      '--json',
    ]);
    expect(code).toBe(EXIT.ok);
    const files = JSON.parse(out) as string[];
    expect(files).toEqual(
      expect.arrayContaining(['main.bicep', 'azuredeploy.json', 'rules/high.yaml', 'workbook.json']),
    );
    expect(files).not.toContain('rules/low.yaml');
    const { parameters } = JSON.parse(readFileSync(join(folder, 'main.parameters.json'), 'utf8')) as {
      parameters: Record<string, { value: unknown }>;
    };
    expect(parameters).toMatchObject({ workspaceName: { value: 'soc' }, location: { value: 'westeurope' } });
    expect(readFileSync(join(folder, 'rules/high.yaml'), 'utf8')).toContain('#DONT_CORR#');
  });

  it.each([[['--retention', '3']], [['--least', 'grave']]])('refuses %j', async (wrong) => {
    expect((await stepdown(['sentinel', 'render', '--out', folder, ...wrong])).code).toBe(EXIT.usage);
  });

  it('hands a deployment to az without a shell', () => {
    expect(azArguments({ out: '/x y', resourceGroup: 'soc; rm', whatIf: true })).toEqual([
      'deployment',
      'group',
      'what-if',
      '--name',
      'stepdown-sentinel',
      '--resource-group',
      'soc; rm',
      '--template-file',
      '/x y/azuredeploy.json',
      '--parameters',
      '@/x y/main.parameters.json',
    ]);
  });

  it('says where the Azure CLI is missing, and what it answered where it refused', async () => {
    await expect(runAz(['version'], join(folder, 'no-such-az'))).rejects.toThrow(/not installed/);
    await expect(
      runAz(['-e', 'console.error("AuthorizationFailed"); process.exit(3)'], process.execPath),
    ).rejects.toThrow(/ended with 3: AuthorizationFailed/);
    expect(await runAz(['-e', 'console.log("{}")'], process.execPath)).toBe('{}\n');
  });
});

describe('stepdown sentinel deploy, as docs/sentinel.md says it', () => {
  const DOC = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'sentinel.md'), 'utf8');
  const OUTPUTS = {
    endpoint: 'https://stepdown-abcd.westeurope-1.ingest.monitor.azure.com',
    rule: 'dcr-0123456789abcdef0123456789abcdef',
    workspace:
      '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/soc',
  };
  let folder = '';
  const path = process.env['PATH'];
  /** An `az` that writes down what it was called with and what it was given to deploy, and answers as told. */
  const az = (script: string): void => {
    const log = JSON.stringify(join(folder, 'az.log'));
    writeFileSync(
      join(folder, 'az'),
      `#!${process.execPath}
const fs = require('node:fs');
const given = process.argv.slice(2);
const file = (given.find((each) => each.startsWith('@')) ?? '@').slice(1);
fs.appendFileSync(${log}, JSON.stringify({ given, parameters: file === '' ? null : JSON.parse(fs.readFileSync(file, 'utf8')) }) + '\\n');
${script}
`,
      { mode: 0o755 },
    );
  };
  const calls = () =>
    readFileSync(join(folder, 'az.log'), 'utf8')
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as { given: string[]; parameters: { parameters: Record<string, { value: string }> } },
      );
  const answering = `console.error('WARNING: a new release is available');
if (given.includes('what-if')) console.log('Resource changes: 17 to create.');
else console.log(${JSON.stringify(JSON.stringify(Object.fromEntries(Object.entries(OUTPUTS).map(([name, value]) => [name, { type: 'String', value }]))))});`;
  const deploy = (...more: string[]) =>
    stepdown([
      'sentinel',
      'deploy',
      '--out',
      join(folder, 'out'),
      '--resource-group',
      'soc',
      '--workspace-name',
      'soc',
      '--location',
      'westeurope',
      ...more,
    ]);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepdown-deploy-'));
    process.env['PATH'] = `${folder}:${path ?? ''}`;
  });
  afterEach(() => rmSync(join(folder, 'az.log'), { force: true }));
  afterAll(() => {
    process.env['PATH'] = path;
    rmSync(folder, { recursive: true, force: true });
  });

  it('looks first, deploys what it rendered, and prints the sink that the page shows', async () => {
    az(answering);
    const written = [...DOC.matchAll(/^ *(stepdown sentinel deploy .*)$/gm)].map(([, line = '']) =>
      line.replace('./sentinel', join(folder, 'out')).split(' ').slice(1),
    );
    expect(written).toHaveLength(2);
    const said = [];
    for (const line of written) said.push(await stepdown(line));
    expect(said.map(({ code, err }) => [code, err])).toEqual([
      [EXIT.ok, ''],
      [EXIT.ok, ''],
    ]);
    expect(said[0]?.out).toContain('17 to create');
    expect(calls().map(({ given }) => given[2])).toEqual(['what-if', 'create']);
    for (const { parameters } of calls())
      expect(parameters.parameters).toMatchObject({
        workspaceName: { value: 'soc' },
        principalId: { value: '11111111-2222-3333-4444-555555555555' },
      });
    const [, shown = ''] = /```yaml\n( *forward:[\s\S]*?)```/.exec(DOC) ?? [];
    const printed = said[1]?.out.slice(said[1].out.indexOf('forward:')) ?? '';
    expect(parse(printed)).toEqual(parse(shown));
    const config = join(folder, 'stepdown.yaml');
    writeFileSync(config, printed);
    expect((await stepdown(['config', 'check', '--config', config])).err).toBe('');
  });

  it('says what az said where it refuses, and what is missing where it answers nothing', async () => {
    az(`console.error('ERROR: (AuthorizationFailed) no role'); process.exit(1);`);
    expect(await deploy()).toMatchObject({
      code: EXIT.problems,
      err: expect.stringContaining('AuthorizationFailed') as string,
    });
    for (const answer of ['', 'console.log("null");', 'console.log("{");']) {
      az(answer);
      const { code, err } = await deploy();
      expect(code).not.toBe(EXIT.ok);
      expect(err).toMatch(/deployed.*az deployment group show --name stepdown-sentinel --resource-group soc/s);
    }
    az('process.kill(process.pid, "SIGTERM"); setInterval(() => 0, 1000);');
    expect((await deploy()).err).toContain('az ended with SIGTERM');
  });

  it('asks az nothing where what was given cannot be right, and says that nobody got a role', async () => {
    az(answering);
    const wrong = await deploy('--principal-id', 'stepdown');
    expect([wrong.code, wrong.err]).toEqual([EXIT.usage, expect.stringContaining('object id')]);
    expect(existsSync(join(folder, 'az.log'))).toBe(false);
    expect((await deploy()).out).toContain('No role was given');
  });
});

describe('stepdown sentinel check', () => {
  let space: Workspace;
  beforeAll(async () => {
    space = await workspace();
  });
  afterAll(() => space.stop());
  afterEach(() => {
    space.logs.allowed = true;
    space.logs.rows.clear();
    space.logs.peer.always = undefined;
    space.logs.authority.peer.always = undefined;
  });

  const checkWith = async (more: Record<string, unknown>, ...options: string[]) => {
    const file = join(space.folder, 'stepdown.yaml');
    writeFileSync(file, stringify({ forward: { sinks: [{ ...space.written, ...more }] } }));
    const { code, out, err } = await stepdown(['sentinel', 'check', '--config', file, '--json', ...options]);
    return { code, err, checks: JSON.parse(out || '[]') as { check: string; status: string; detail: string }[] };
  };
  const check = (...options: string[]) => checkWith({}, ...options);

  it('finds everything right without leaving a row', async () => {
    const { code, checks } = await check();
    expect(code).toBe(EXIT.ok);
    expect(checks.map(({ status }) => status)).toEqual(['ok', 'ok', 'skipped', 'ok', 'ok', 'ok', 'ok']);
    expect([...space.logs.rows.values()].flat()).toEqual([]);
  });

  it('compares the columns of each table with ours, where a workspace is named', async () => {
    const workspaceId = '/subscriptions/s/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/soc';
    const arm = JSON.parse(
      rendered(DEFAULT_SETTINGS, { workspaceName: 'soc', location: 'x', principalId: '' }).find(
        ({ path }) => path === 'azuredeploy.json',
      )?.text ?? '',
    ) as { resources: { type: string; name: string; properties: { schema: { columns: { name: string }[] } } }[] };
    let lack = '';
    // What the deployment has put there, as the service tells it.
    const azure = await HttpsPeer.start(({ path, query }) => {
      const name = /\/tables\/(\w+)$/.exec(path)?.[1] ?? '';
      const deployed = arm.resources.find(
        (each) => each.type === 'Microsoft.OperationalInsights/workspaces/tables' && each.name.includes(name),
      );
      if (!path.startsWith(workspaceId) || query.get('api-version') !== '2022-10-01' || name === lack || !deployed)
        return { status: 404, body: { error: { code: 'ResourceNotFound' } } };
      const { columns } = deployed.properties.schema;
      return {
        status: 200,
        body: { properties: { schema: { name, columns: columns.filter((column) => column.name !== lack) } } },
      };
    }, space.logs.peer.certificate);
    try {
      const named = { workspace: workspaceId, management: azure.url };
      const all = await checkWith(named);
      expect(all.code).toBe(EXIT.ok);
      expect(all.checks.filter(({ check: name }) => name.startsWith('columns'))).toHaveLength(4);
      lack = 'SeverityPath';
      const { code, checks } = await checkWith(named);
      expect(code).toBe(EXIT.problems);
      expect(checks.filter(({ status }) => status === 'problem')).toMatchObject([
        {
          check: 'columns StepdownIncidents_CL',
          detail: 'columns are missing: SeverityPath; deploy the current templates',
        },
      ]);
      lack = 'StepdownFindings_CL';
      expect((await checkWith(named)).checks.find(({ status }) => status === 'problem')?.detail).toMatch(
        /404.*deploy the templates/,
      );
    } finally {
      await azure.stop();
    }
  });

  it('sends one test row to each table where it is asked to, and no rule alerts on it', async () => {
    const { code } = await check('--send');
    expect(code).toBe(EXIT.ok);
    expect(space.logs.table('StepdownIncidents_CL')).toHaveLength(1);
    expect(space.logs.table('StepdownIncidents_CL')[0]).not.toHaveProperty('AlertReason');
    expect(space.logs.table('StepdownDecisions_CL')).toHaveLength(1);
  });

  it('says which role is missing', async () => {
    space.logs.allowed = false;
    const { code, checks } = await check();
    expect(code).toBe(EXIT.problems);
    expect(checks.at(-1)?.detail).toMatch(/403.*Monitoring Metrics Publisher/);
  });

  it('says that no token can be had, and shows no assertion', async () => {
    space.logs.authority.peer.always = () => ({
      status: 400,
      body: { error: 'invalid_client', error_description: 'unknown' },
    });
    const { code, checks, err } = await check();
    expect(code).toBe(EXIT.problems);
    expect(checks.at(-1)).toMatchObject({ check: 'token', status: 'problem' });
    expect(JSON.stringify(checks) + err).not.toContain('a-federated-token');
  });

  it('says that there is no such sink', async () => {
    expect((await check('--sink', 'other')).code).toBe(EXIT.notFound);
  });
});
