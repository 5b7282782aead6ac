import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliveryId } from '../../services/forward/sink.js';
import { fileSink } from '../../services/forward/sinks/file.js';
import { incident } from './incident.js';

const delivery = (id: string, version = 1) => {
  const value = incident(id, version);
  return { id: deliveryId(value), value };
};

describe('file sink', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepdown-file-'));
    path = join(folder, 'deep', 'incidents.ndjson');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const uids = () =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { metadata: { uid: string } }).metadata.uid);

  async function send(...deliveries: ReturnType<typeof delivery>[]) {
    const sink = fileSink('file', path, { version: '0' });
    const outcome = await sink.send(deliveries);
    await sink.close();
    return outcome;
  }

  it('writes one line a delivery, and none twice when the batch comes again after a crash', async () => {
    expect(await send(delivery('a'), delivery('b'))).toEqual({ kind: 'success' });
    expect(await send(delivery('a'), delivery('b'), delivery('a', 2))).toEqual({ kind: 'success' });
    expect(uids()).toEqual(['a:1', 'b:1', 'a:2']);
  });

  it('cuts off a line torn by a crash and writes it again', async () => {
    await send(delivery('a'));
    const whole = readFileSync(path, 'utf8');
    for (const torn of ['{', whole.slice(0, 40), whole.slice(0, -5)]) {
      writeFileSync(path, whole + torn);
      await send(delivery('b'));
      expect(uids()).toEqual(['a:1', 'b:1']);
    }
  });

  it("leaves a stranger's unfinished line, and begins behind it", async () => {
    await send(delivery('a'));
    appendFileSync(path, 'a remark by hand');
    await send(delivery('b'));
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toBe('a remark by hand');
  });

  it('begins a new file when the old one was renamed or deleted under it', async () => {
    const sink = fileSink('file', path, { version: '0' });
    await sink.send([delivery('a')]);
    renameSync(path, `${path}.1`);
    await sink.send([delivery('b')]);
    expect(uids()).toEqual(['b:1']);
    rmSync(path);
    await sink.send([delivery('c')]);
    expect(uids()).toEqual(['c:1']);
    await sink.close();
    expect(existsSync(`${path}.1`)).toBe(true);
  });

  it('says that it has to try again where the file cannot be written', async () => {
    writeFileSync(join(folder, 'deep'), 'in the way');
    expect(await send(delivery('a'))).toMatchObject({ kind: 'retryable' });
    rmSync(join(folder, 'deep'));
    expect(await send(delivery('a'))).toEqual({ kind: 'success' });
  });
});
