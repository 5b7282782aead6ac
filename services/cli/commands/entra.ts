/** `stepdown entra`: what is ours in a tenant, what we must be allowed, and whether both are there. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { check } from '../../enforce/points/entra/check.js';
import { declareEntra, type EntraConfig } from '../../enforce/points/entra/declare.js';
import { Graph } from '../../enforce/points/entra/graph.js';
import { BOOTSTRAP_PERMISSIONS, type Permission, permissionsOf } from '../../enforce/points/entra/permissions.js';
import { bootstrap, planned } from '../../enforce/points/entra/setup.js';
import { openCredential } from '../../runtime/azure/credential.js';
import { StepdownError } from '../../runtime/errors.js';
import type { CommandLine, Runner } from '../command-line.js';
import { EXIT } from '../exit.js';
import { table } from '../table.js';

interface Options {
  point?: string;
  excludeUser?: string[];
}
/** A person waits; creating six policies at one a second is most of it. */
const PATIENCE_MS = 120_000;

export function addEntra(program: Command, run: Runner): void {
  const entra = program
    .command('entra')
    .description('Microsoft Entra ID as an enforcement point: what it needs, and whether it is there');

  shared(entra.command('plan').description('what would be created, and which permissions are needed; sends nothing'))
    .addHelpText('after', '\nExample:\n  stepdown entra plan --config stepdown.yaml')
    .action(
      run((cli, options: Options) => {
        const config = entraOf(cli, options);
        const shown = {
          creates: planned(options.excludeUser ?? []),
          controls: declareEntra(config).controls,
          permissions: { engine: permissionsOf(config), bootstrap: BOOTSTRAP_PERMISSIONS },
        };
        cli.show(shown, () =>
          [
            'Created once by `stepdown entra bootstrap`; the engine only changes who is in them:',
            ...shown.creates.map(({ kind, name }) => `  ${kind.padEnd(12)}${name}`),
            '',
            'What this engine must be allowed (application permissions of Microsoft Graph, with consent of an administrator):',
            ...shown.permissions.engine.map(permissionLine),
            '',
            'What whoever runs `bootstrap` must be allowed, once:',
            ...shown.permissions.bootstrap.map(permissionLine),
            '',
            'What is carried out, as it is configured:',
            ...(shown.controls.length === 0
              ? ['  nothing yet: put the ids that `bootstrap` prints into the configuration']
              : []),
            ...shown.controls.map(
              ({ control, targets, irreversible }) =>
                `  ${control} on ${targets.join(', ')}${irreversible === undefined ? '' : `; does not come back: ${irreversible}`}`,
            ),
          ].join('\n'),
        );
      }),
    );

  shared(entra.command('bootstrap').description('create our own policies and groups; what is there already is used'))
    .addHelpText(
      'after',
      '\nNames begin with "Stepdown"; nothing else in the tenant is touched. Exclude your emergency accounts.\n\nExample:\n  stepdown entra bootstrap --exclude-user 11111111-2222-3333-4444-555555555555',
    )
    .action(
      run(async (cli, options: Options) => {
        const config = entraOf(cli, options);
        const { graph } = await opened(config);
        const result = await bootstrap(graph, options.excludeUser ?? [], AbortSignal.timeout(PATIENCE_MS)).catch(
          (cause: unknown) => {
            throw new StepdownError('input-refused', cause instanceof Error ? cause.message : String(cause), {
              mend: 'see `stepdown entra plan` for the permissions; running it again goes on where it stopped',
              cause,
            });
          },
        );
        const snippet = { policies: result.policies, groups: result.groups };
        cli.show({ ...result, snippet }, () =>
          [
            ...result.made.map(
              ({ kind, name, id, created }) => `${created ? 'created' : 'found  '}  ${kind.padEnd(12)}${name}  ${id}`,
            ),
            '',
            'Put this into the enforcement point in your configuration:',
            '',
            stringify(snippet).trimEnd(),
          ].join('\n'),
        );
      }),
    );

  shared(entra.command('check').description('whether everything is there, is ours, and may be used; changes nothing'))
    .addHelpText('after', '\nExit code 1: something is missing.\n\nExample:\n  stepdown entra check')
    .action(
      run(async (cli, options: Options) => {
        const config = entraOf(cli, options);
        const { graph, token } = await opened(config);
        const findings = await check(config, graph, token, AbortSignal.timeout(PATIENCE_MS));
        cli.show(findings, () =>
          table(
            [
              { title: '', value: ({ status }) => (status === 'ok' ? '✓' : '✗') },
              { title: 'WHAT', value: ({ what }) => what, whole: true },
              { title: '', value: ({ detail }) => detail, whole: true },
            ],
            findings,
            cli.terminal,
          ),
        );
        return findings.some(({ status }) => status === 'problem') ? EXIT.problems : EXIT.ok;
      }),
    );
}

function shared(command: Command): Command {
  return command
    .option('--point <name>', 'which enforcement point, where there are several of this kind')
    .option('--exclude-user <id...>', 'emergency accounts that no policy of ours may lock out');
}

const permissionLine = ({ anyOf, why }: Permission) => `  ${anyOf.join(' or ')}\n      ${why}`;

function entraOf(cli: CommandLine, { point }: Options): EntraConfig {
  const all = cli.config.enforce.points.filter((each) => each.type === 'entra');
  const found = point === undefined ? all : all.filter(({ name }) => name === point);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new StepdownError(
    'usage',
    all.length === 0
      ? 'no enforcement point of the type entra is configured'
      : `${found.length === 0 ? 'no enforcement point of that name' : 'several enforcement points'}: ${all.map(({ name }) => name).join(', ')}`,
    { mend: all.length === 0 ? 'add `enforce: {points: [{type: entra, tenantId: …}]}`' : 'name one with --point' },
  );
}

async function opened(config: EntraConfig): Promise<{ graph: Graph; token: string }> {
  const ca = config.ca === undefined ? {} : { ca: readFileSync(config.ca, 'utf8') };
  const { credential: kind, clientId, tenantId, tokenFile, authority, graph: url } = config;
  const credential = await openCredential({ credential: kind, clientId, tenantId, tokenFile, authority }, ca);
  try {
    const token = await credential.getToken(`${url.replace(/\/+$/, '')}/.default`);
    return { graph: new Graph({ url, credential, ...ca, now: () => Date.now() }), token: token?.token ?? '' };
  } catch (cause) {
    throw new StepdownError('unauthenticated', `no token for ${url}: ${messageOf(cause)}`, {
      mend: `check \`credential\` (${kind}) and \`tenantId\` of this enforcement point`,
      cause,
    });
  }
}

function messageOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line.slice(0, 300);
}
