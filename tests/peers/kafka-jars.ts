/**
 * Where Apache Kafka's jars are: `KAFKA_HOME/libs`, else assembled once from Maven by the pom beside this file and kept
 * in the operating system's cache folder. Says why where neither can be had.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../services/runtime/package-root.js';

const run = promisify(execFile);
const POM = join(packageRoot(), 'tests', 'peers', 'kafka', 'pom.xml');

export type Jars = { classpath: string } | { missing: string };

let found: Promise<Jars> | undefined;

/** Looked for once per process. */
export function kafkaJars(): Promise<Jars> {
  return (found ??= look());
}

async function look(): Promise<Jars> {
  try {
    await run('java', ['-version']);
  } catch {
    return { missing: 'there is no Java (17 or newer)' };
  }
  const home = process.env['KAFKA_HOME'];
  if (home !== undefined) {
    const libs = join(home, 'libs');
    return existsSync(libs) ? { classpath: join(libs, '*') } : { missing: `KAFKA_HOME has no ${libs}` };
  }
  return assembled();
}

async function assembled(): Promise<Jars> {
  const version = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12);
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const target = join(cache, 'stepdown-tests', `kafka-${version}`);
  if (hasJars(target)) return { classpath: join(target, '*') };
  mkdirSync(dirname(target), { recursive: true });
  // Into a folder of its own and then renamed: two runs at once do not see each other's half.
  const building = mkdtempSync(`${target}-`);
  try {
    await run('mvn', ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${building}`], {
      timeout: 300_000,
    });
    if (!existsSync(target)) renameSync(building, target);
    return { classpath: join(target, '*') };
  } catch (error) {
    if (hasJars(target)) return { classpath: join(target, '*') };
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') return { missing: 'there is neither KAFKA_HOME nor Maven (mvn)' };
    return { missing: `Maven could not assemble Kafka: ${(stderr || message).trim().split('\n')[0] ?? ''}` };
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

/** Beside the source, wherever this file was compiled to. */
function hasJars(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('kafka_2.13-'));
}
