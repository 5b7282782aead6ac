/** `stepdown config`: what the configuration comes to, and whether it is right. */
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { CONFIG_KEYS } from '../../runtime/config.js';
import type { Runner } from '../command-line.js';
import { shownConfig } from '../shown-config.js';

export function addConfig(program: Command, run: Runner): void {
  const config = program.command('config').description('the configuration in force');

  config
    .command('show')
    .description('every key with its value; secrets are hidden; durations in milliseconds, sizes in bytes')
    .addHelpText('after', '\nExample:\n  stepdown config show --config stepdown.yaml')
    .action(
      run((cli) => {
        const shown = shownConfig(cli.config, CONFIG_KEYS);
        cli.show(shown, () => stringify(shown).trimEnd());
      }),
    );

  config
    .command('check')
    .description('read the configuration and say what is wrong with it, each fault with its place')
    .addHelpText('after', '\nExample:\n  stepdown config check --config stepdown.yaml')
    .action(
      run((cli) => {
        // Reading it is the check: a fault is thrown with every place, and ends the command with exit code 2.
        void cli.config;
        cli.show({ ok: true }, () => 'The configuration is right.');
      }),
    );
}
