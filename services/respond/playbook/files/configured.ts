/** The playbooks a configuration names. */
import { loadPlaybooks, type LoadedPlaybooks, type LoadOptions } from '../load.js';
import type { Config } from '../../../runtime/config.js';
import { shippedPlaybooks } from '../../../runtime/package-root.js';

/** Where playbooks are read from: the configured places, else those that ship. */
export function playbookPaths(config: Pick<Config, 'respond'>): readonly string[] {
  return config.respond.playbooks.length === 0 ? [shippedPlaybooks()] : config.respond.playbooks;
}

export function configuredPlaybooks(
  config: Pick<Config, 'respond'>,
  options: Partial<LoadOptions> = {},
): LoadedPlaybooks {
  return loadPlaybooks(playbookPaths(config), { overrides: config.respond.overrides, ...options });
}
