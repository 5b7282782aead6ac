/** Whether Node.js is new enough. */
import { type Check, ok, problem } from './finding.js';

export function nodeCheck(version: string = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19)
    ? ok('node', `v${version}`)
    : problem('node', `v${version} is too old`, 'install 20.19 or later');
}
