/** `stepdown sentinel`: what a workspace needs, whether it is there, and the way it gets there. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { SENTINEL_SEVERITIES, type SentinelSeverity } from '../../forward/sentinel/alerting.js';
import { rendered } from '../../forward/sentinel/content/render.js';
import type { ContentSettings } from '../../forward/sentinel/content/settings.js';
import type { SentinelConfig } from '../../forward/sentinel/config.js';
import type { Check } from '../../forward/sentinel/check.js';
import { packageVersion } from '../../runtime/package-root.js';
import { StepdownError } from '../../runtime/errors.js';
import { createLog } from '../../runtime/log.js';
import type { CommandLine, Runner } from '../command-line.js';
import { EXIT } from '../exit.js';
import { table } from '../table.js';
import type { Style } from '../terminal.js';

interface RenderOptions {
  out: string;
  workspaceName?: string;
  location?: string;
  principalId?: string;
  principalType?: string;
  ruleName?: string;
  retention?: string;
  least: SentinelSeverity;
  apart?: boolean;
  byApi?: boolean;
}

const STYLE: Record<Check['status'], Style> = { ok: 'green', skipped: 'dim', problem: 'red' };

export function addSentinel(program: Command, run: Runner): void {
  const sentinel = program
    .command('sentinel')
    .description('Microsoft Sentinel: templates for a workspace, their deployment, and a check of it');

  shared(
    sentinel
      .command('render')
      .description(
        'write the templates: tables, data collection rule, analytics rules, hunting queries, workbook, parser',
      ),
  )
    .addHelpText(
      'after',
      '\nNothing is sent anywhere. The files are those of infra/sentinel with your names in them.\n\nExample:\n  stepdown sentinel render --out ./sentinel --workspace-name soc --location westeurope',
    )
    .action(
      run((cli, options: RenderOptions) => {
        const written = write(options);
        cli.show(
          written,
          () => `${written.length} files in ${resolve(options.out)}:\n${written.map((path) => `  ${path}`).join('\n')}`,
        );
      }),
    );

  shared(sentinel.command('deploy').description('render, and deploy with your own `az`, signed in as yourself'))
    .requiredOption('--resource-group <name>', 'the resource group of the workspace')
    .option('--subscription <id>', 'its subscription; default: the one `az` is set to')
    .option('--what-if', 'only say what would change')
    .addHelpText(
      'after',
      '\nYou need Contributor and, to assign roles, User Access Administrator on the resource group.\n\nExample:\n  stepdown sentinel deploy --out ./sentinel --resource-group soc --workspace-name soc --location westeurope --what-if',
    )
    .action(
      run(async (cli, options: RenderOptions & DeployOptions) => {
        if (options.workspaceName === undefined || options.location === undefined)
          throw new StepdownError('usage', 'a deployment needs --workspace-name and --location');
        write(options);
        const { runAz } = await import('../azure-cli.js');
        const answer = await runAz(azArguments(options));
        if (options.whatIf === true) {
          cli.print(answer.trimEnd());
          return;
        }
        const outputs = outputsOf(answer, options);
        cli.show(outputs, () =>
          [
            'Deployed. For stepdown.yaml:',
            '',
            'forward:',
            '  sinks:',
            '    - type: sentinel',
            `      endpoint: ${outputs['endpoint'] ?? '…'}`,
            `      rule: ${outputs['rule'] ?? '…'}`,
            `      workspace: ${outputs['workspace'] ?? '…'}`,
            ...(options.principalId === undefined
              ? [
                  '',
                  'No role was given to anyone: name the identity with --principal-id, or assign the roles yourself.',
                ]
              : []),
          ].join('\n'),
        );
      }),
    );

  sentinel
    .command('check')
    .description('whether the endpoint answers, the identity may send, and streams and columns are there')
    .option('--send', 'also send one test row to each table; it alerts nobody')
    .option('--sink <name>', 'which sink of the configuration; default: the first of type sentinel')
    .addHelpText(
      'after',
      '\nWithout --send a call is made that cannot be read, which is refused after token, rule and role were looked at.\nExit code 1 where there is a problem.\n\nExample:\n  stepdown sentinel check --send --config stepdown.yaml',
    )
    .action(
      run(async (cli, options: { send?: boolean; sink?: string }) => {
        const { checkSentinel } = await import('../../forward/sentinel/check.js');
        const checks = await checkSentinel(sinkOf(cli, options.sink), {
          send: options.send === true,
          product: { version: packageVersion() },
          log: createLog(cli.config),
          now: () => cli.nowMs(),
        });
        cli.show(checks, () =>
          table(
            [
              { title: 'CHECK', value: ({ check }) => check, whole: true },
              {
                title: 'STATUS',
                value: ({ status }) => status,
                whole: true,
                paint: (text, { status }, paint) => paint(STYLE[status], text),
              },
              { title: 'DETAIL', value: ({ detail }) => detail, min: 40 },
            ],
            checks,
            { ...cli.terminal, width: undefined },
          ),
        );
        return checks.some(({ status }) => status === 'problem') ? EXIT.problems : EXIT.ok;
      }),
    );
}

function shared(command: Command): Command {
  return command
    .requiredOption('--out <dir>', 'where the files go; files of the same name are replaced')
    .option('--workspace-name <name>', 'the Log Analytics workspace that Sentinel is enabled on')
    .option('--location <region>', 'the region of the workspace')
    .option('--principal-id <id>', 'the object id of the identity Stepdown runs under, to give it its roles')
    .addOption(
      new Option('--principal-type <type>', 'what that identity is; default: ServicePrincipal').choices([
        'ServicePrincipal',
        'User',
        'Group',
      ]),
    )
    .option('--rule-name <name>', 'the name of the data collection rule; default: stepdown')
    .option('--retention <days>', 'how long rows can be queried; default: 90')
    .addOption(
      new Option('--least <severity>', 'from which severity on an incident alerts')
        .choices(SENTINEL_SEVERITIES)
        .default('Informational'),
    )
    .option('--apart', 'keep Defender from joining our incidents with others (#DONT_CORR#)')
    .option('--by-api', 'let rules make alerts only, where the sink has `incidents: create`');
}

function write(options: RenderOptions): string[] {
  if (options.principalId !== undefined && !GUID.test(options.principalId))
    throw new StepdownError('usage', '--principal-id takes an object id, e.g. 11111111-2222-3333-4444-555555555555', {
      mend: 'it is the id of the service principal or user, not its name and not the client id of an app',
    });
  const settings: ContentSettings = {
    least: options.least,
    correlate: options.apart !== true,
    incidents: options.byApi === true ? 'api' : 'rules',
  };
  const files = rendered(settings, {
    workspaceName: options.workspaceName ?? 'YOUR-WORKSPACE',
    location: options.location ?? 'YOUR-REGION',
    principalId: options.principalId ?? '',
    ...(options.principalType === undefined ? {} : { principalType: options.principalType }),
    ...(options.ruleName === undefined ? {} : { dataCollectionRuleName: options.ruleName }),
    ...(options.retention === undefined ? {} : { retentionInDays: days(options.retention) }),
  });
  for (const { path, text } of files) {
    const target = join(resolve(options.out), path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  return files.map(({ path }) => path);
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function days(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 4 || value > 730)
    throw new StepdownError('usage', '--retention takes 4 to 730 days');
  return value;
}

const DEPLOYMENT = 'stepdown-sentinel';

interface DeployOptions {
  resourceGroup: string;
  subscription?: string;
  whatIf?: boolean;
}

/** What `az` is called with; nothing of it goes through a shell. */
export function azArguments(options: Pick<RenderOptions, 'out'> & DeployOptions): string[] {
  const folder = resolve(options.out);
  return [
    'deployment',
    'group',
    options.whatIf === true ? 'what-if' : 'create',
    '--name',
    DEPLOYMENT,
    '--resource-group',
    options.resourceGroup,
    ...(options.subscription === undefined ? [] : ['--subscription', options.subscription]),
    '--template-file',
    join(folder, 'azuredeploy.json'),
    '--parameters',
    `@${join(folder, 'main.parameters.json')}`,
    ...(options.whatIf === true ? [] : ['--query', 'properties.outputs', '--output', 'json']),
  ];
}

function outputsOf(answer: string, { resourceGroup }: DeployOptions): Record<string, string> {
  try {
    const outputs = JSON.parse(answer) as Record<string, { value?: unknown }>;
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, String(value)]));
  } catch (cause) {
    throw new StepdownError('driver-unavailable', 'it was deployed, but az did not say what the sink needs', {
      mend: `run \`az deployment group show --name ${DEPLOYMENT} --resource-group ${resourceGroup} --query properties.outputs\``,
      cause,
    });
  }
}

function sinkOf(cli: CommandLine, name: string | undefined): SentinelConfig {
  const sinks = cli.config.forward.sinks.filter((sink): sink is SentinelConfig => sink.type === 'sentinel');
  const found = name === undefined ? sinks[0] : sinks.find((sink) => sink.name === name);
  if (found === undefined)
    throw new StepdownError(
      'not-found',
      name === undefined ? 'no sink of type sentinel is configured' : `there is no sink ${name} of type sentinel`,
      {
        mend: 'add one to `forward.sinks`; see docs/sentinel.md',
      },
    );
  return found;
}
