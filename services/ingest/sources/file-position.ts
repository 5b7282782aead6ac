/** How far a file was read, kept in the store under what the file is. */
import type { FileHandle } from 'node:fs/promises';
import type { Store } from '../../runtime/store/types.js';
import { beginsAs, fileIdentity, type FileIdentity } from './file-identity.js';

export interface FilePosition extends FileIdentity {
  /** Behind the last line that was taken; for compressed files of what is inside. */
  offset: number;
  line: number;
  /** For people. */
  path: string;
}

function keyOf({ device, inode }: FileIdentity): string {
  return `ingest/file/${device}-${inode}`;
}

/** Where to go on in an open file: behind what was read before, or at its beginning. */
export async function filePosition(handle: FileHandle, path: string, store: Store | undefined): Promise<FilePosition> {
  const identity = await fileIdentity(handle);
  const begin: FilePosition = { ...identity, offset: 0, line: 0, path };
  const [known] = store ? await store.get<FilePosition>([keyOf(identity)]) : [];
  if (!known || !(await beginsAs(handle, known.value))) return begin;
  return { ...known.value, path };
}

export async function keepPosition(position: FilePosition, store: Store | undefined): Promise<void> {
  await store?.write([{ key: keyOf(position), value: position }]);
}
