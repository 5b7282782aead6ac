/** The playbooks that act now: what the engine has where one runs, since a file may be faulty or not yet taken up. */
import type { Mode } from '../../respond/playbook/types.js';
import { readEngineFile } from '../../runtime/engine-file.js';
import type { CommandLine } from '../command-line.js';

/** What `GET /v1/playbooks` says of each, as far as it is shown. */
interface Running {
  id: string;
  title: string;
  version: number;
  mode: Mode | 'off';
  agents?: readonly string[];
  setBy?: { owner: string; reason: string };
}

export interface Listed {
  id: string;
  title: string;
  version: number;
  mode: Mode | 'off';
  agents: readonly string[] | undefined;
  /** Who set its mode, and why. */
  since: string | undefined;
  file: string | undefined;
}

/** `undefined`: no engine runs, or it does not say. */
export async function runningPlaybooks(cli: CommandLine): Promise<readonly Running[] | undefined> {
  if (readEngineFile(cli.config.dataDir) === undefined) return undefined;
  try {
    const engine = await cli.engine();
    return engine.live ? (await engine.get<{ items: Running[] }>('/v1/playbooks')).items : undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    cli.note(`The running engine was not asked what it has (${why}): shown is what the files say.`);
    return undefined;
  }
}

/** @returns what runs, and the ids of those that would run otherwise by the files as they are */
export function asRunning(
  inFiles: readonly Listed[],
  running: readonly Running[] | undefined,
): { rows: Listed[]; differing: string[] } {
  if (running === undefined) return { rows: [...inFiles], differing: [] };
  const written = new Map(inFiles.map((each) => [each.id, each]));
  const rows = running.map(({ id, title, version, mode, agents, setBy }) => ({
    ...{ id, title, version, mode, agents, file: written.get(id)?.file },
    since: setBy && `${setBy.owner}: ${setBy.reason}`,
  }));
  const known = new Set(rows.map(({ id }) => id));
  const differs = (row: Listed) => {
    const file = written.get(row.id);
    const same = (a: Listed, b: Listed) =>
      a.version === b.version && a.mode === b.mode && String(a.agents ?? '') === String(b.agents ?? '');
    return file === undefined || !same(row, file);
  };
  return {
    rows,
    differing: [
      ...rows.filter(differs).map(({ id }) => id),
      ...inFiles.flatMap(({ id }) => (known.has(id) ? [] : [id])),
    ],
  };
}
