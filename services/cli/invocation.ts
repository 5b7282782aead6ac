/** How the reader called this program, for the commands that they are told to run next. */
import { basename, dirname } from 'node:path';

/** `stepdown` where it is installed on the path; `npx stepdown`, which also finds it in a project, where it is not. */
export function invocation(script: string | undefined = process.argv[1]): string {
  const onPath = script !== undefined && basename(script) === 'stepdown' && basename(dirname(script)) !== '.bin';
  return onPath ? 'stepdown' : 'npx stepdown';
}
