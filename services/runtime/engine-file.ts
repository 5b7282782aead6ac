/**
 * `<dataDir>/engine.json`: where the engine that runs on a data directory can be reached. Written when it is ready, removed when
 * it stops; after a crash the process id tells that nobody is there.
 */
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface EngineFile {
  pid: number;
  startedAtMs: number;
  gatewayUrl: string;
  otlpUrl?: string;
}

export function engineFilePath(dataDir: string): string {
  return join(dataDir, 'engine.json');
}

export function writeEngineFile(dataDir: string, engine: EngineFile): void {
  const path = engineFilePath(dataDir);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(engine)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}

export function removeEngineFile(dataDir: string): void {
  rmSync(engineFilePath(dataDir), { force: true });
}

/** `undefined`: no engine runs on this directory. */
export function readEngineFile(dataDir: string): EngineFile | undefined {
  let engine: EngineFile;
  try {
    engine = JSON.parse(readFileSync(engineFilePath(dataDir), 'utf8')) as EngineFile;
  } catch {
    return undefined;
  }
  return typeof engine.pid === 'number' && typeof engine.gatewayUrl === 'string' && alive(engine.pid)
    ? engine
    : undefined;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
