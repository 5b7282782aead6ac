/** `stepdown playbook coverage` and `reference`: documents made from playbooks and schemas, printed as Markdown. */
import type { Command } from 'commander';
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import { playbookPaths } from '../../respond/playbook/files/configured.js';
import { loadPlaybooks } from '../../respond/playbook/load.js';
import type { Runner } from '../command-line.js';
import { coverageDocument } from './coverage.js';
import { referenceDocument } from './reference.js';

export function addPlaybookDocuments(playbook: Command, run: Runner): void {
  playbook
    .command('coverage')
    .description("what playbooks cover, as Markdown: OWASP's agentic risks, pillars and controls")
    .argument('[path...]', 'files or folders; default: the configured ones')
    .addHelpText('after', '\nExample:\n  stepdown playbook coverage my-playbooks/ > coverage.md')
    .action(
      run((cli, paths: string[]) => {
        const given = paths.length === 0 ? playbookPaths(cli.config) : paths;
        const { playbooks, correlations } = loadPlaybooks(given, { findingTypes: FINDING_TYPES });
        cli.print(coverageDocument(playbooks, correlations).trimEnd());
      }),
    );
  playbook
    .command('reference')
    .description('every key of the playbook language, as Markdown')
    .addHelpText('after', '\nExample:\n  stepdown playbook reference | less')
    .action(run((cli) => cli.print(referenceDocument().trimEnd())));
}
