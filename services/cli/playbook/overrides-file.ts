/** The configured overrides file, as commands edit it. */
import { userInfo } from 'node:os';
import { configuredPlaybooks } from '../../respond/playbook/files/configured.js';
import { readOverridesText, replaceOverridesText } from '../../respond/playbook/files/overrides.js';
import type { CompiledPlaybook } from '../../respond/playbook/types.js';
import { readEngineFile } from '../../runtime/engine-file.js';
import { StepdownError } from '../../runtime/errors.js';
import { nearest } from '../../runtime/nearness.js';
import type { CommandLine } from '../command-line.js';

/** The configured playbook of an id. Throws `not-found` with the nearest. */
export function configuredPlaybook(cli: CommandLine, id: string): CompiledPlaybook {
  const { playbooks } = configuredPlaybooks(cli.config);
  const found = playbooks.find((each) => each.id === id);
  if (found !== undefined) return found;
  const meant = nearest(
    id,
    playbooks.map((each) => each.id),
  );
  throw new StepdownError('not-found', `there is no playbook ${JSON.stringify(id)}`, {
    mend:
      meant === undefined
        ? 'name its file or folder in `respond.playbooks`; `stepdown playbook list` shows what is there'
        : `did you mean ${meant}?`,
  });
}

export function readOverrides(cli: CommandLine): string {
  return readOverridesText(cli.config.respond.overrides);
}

/** Whole or not at all. Says where it lies and when it takes effect. */
export function writeOverrides(cli: CommandLine, text: string): { file: string; running: boolean; said: string } {
  const file = cli.config.respond.overrides;
  replaceOverridesText(file, text);
  const running = readEngineFile(cli.config.dataDir) !== undefined;
  return {
    file,
    running,
    said: running ? 'The running engine takes it up.' : 'It takes effect when the engine starts.',
  };
}

export function self(): string {
  return userInfo().username;
}
