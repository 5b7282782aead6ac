import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFileSource, type FileOptions } from '../../../services/ingest/sources/files.js';
import { LineSplitter } from '../../../services/ingest/sources/lines.js';
import { WallClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { openDrivers, type Drivers } from '../../../services/runtime/drivers.js';
import { testIntake } from '../receiver.js';
import { toolSpan, traces } from '../request.js';

let folder: string;
let drivers: Drivers;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepdown-files-'));
  drivers = await openDrivers(
    loadConfig({ env: {}, overrides: { dataDir: join(folder, 'data') } }),
    pino({ level: 'silent' }),
    new WallClock(),
  );
});
afterEach(async () => {
  await drivers.close();
  rmSync(folder, { recursive: true });
});

const at = (name: string) => join(folder, name);
let ordinal = 0;
/** One line of OTLP with one tool span, which becomes two events. */
function line(tool = `tool-${++ordinal}`): string {
  return `${JSON.stringify(traces([toolSpan({ 'gen_ai.tool.name': tool })]))}\n`;
}
function read(path: string, options: Partial<FileOptions> = {}) {
  return readFileSource({
    path,
    intake: testIntake({ keepLetters: true }),
    append: (records) => drivers.stream.append(records),
    store: drivers.store,
    now: () => Date.now(),
    pollMs: 10,
    ...options,
  });
}
async function tools(): Promise<string[]> {
  const records = await drivers.stream.read('telemetry', { from: 0, limit: 10_000 });
  return records.flatMap(({ value }) => (value.kind === 'tool.call' ? [value.tool] : []));
}
async function letters() {
  return (await drivers.stream.read('deadletter', { from: 0, limit: 100 })).map(({ value }) => value);
}

describe('a file', () => {
  it('is read line by line; a second run goes on behind the first', async () => {
    writeFileSync(at('a.jsonl'), `\uFEFF${line('one')}\r\n\n${line('two').trimEnd()}\r\n`);
    expect(await read(at('a.jsonl'))).toMatchObject({ events: 4, refused: 0, incomplete: false });
    appendFileSync(at('a.jsonl'), line('three'));
    expect(await read(at('a.jsonl'))).toMatchObject({ events: 2 });
    expect(await read(at('a.jsonl'))).toMatchObject({ events: 0, lines: 0 });
    // Also under another name, and not mistaken for a new file of the old name.
    renameSync(at('a.jsonl'), at('b.jsonl'));
    expect(await read(at('b.jsonl'))).toMatchObject({ events: 0 });
    writeFileSync(at('a.jsonl'), line('four'));
    expect(await read(at('a.jsonl'))).toMatchObject({ events: 2 });
    expect(await tools()).toEqual(['one', 'two', 'three', 'four']);
  });

  it('takes gzip of several members, and what is left of a cut one', async () => {
    const cut = gzipSync(`${line('three')}${line('four')}${'x'.repeat(10)}`);
    writeFileSync(
      at('a.jsonl.gz'),
      Buffer.concat([gzipSync(line('one')), gzipSync(line('two')), cut.subarray(0, cut.length - 9)]),
    );
    await read(at('a.jsonl.gz'));
    expect((await tools()).slice(0, 2)).toEqual(['one', 'two']);
    const before = (await tools()).length;
    await read(at('a.jsonl.gz'));
    expect((await tools()).length).toBe(before);
  });

  it('makes a dead letter with file:line:column of a bad line, and goes on', async () => {
    writeFileSync(at('a.jsonl'), `${line('one')}{"resourceSpans": [} \n{"kind":"nonsense"}\n${line('two')}`);
    expect(await read(at('a.jsonl'))).toMatchObject({ events: 4, refused: 2 });
    expect(await letters()).toMatchObject([
      {
        source: `${at('a.jsonl')}:2:20`,
        reason: { code: 'malformed', text: 'not JSON' },
        payload: '{"resourceSpans": [} ',
      },
      { source: `${at('a.jsonl')}:3`, reason: { code: 'input-malformed', pointer: '/kind' } },
    ]);
    expect(await tools()).toEqual(['one', 'two']);
  });

  it('leaves a last line that is still being written for the next run', async () => {
    const whole = line('two');
    writeFileSync(at('a.jsonl'), line('one') + whole.slice(0, 40));
    expect(await read(at('a.jsonl'))).toMatchObject({ events: 2, incomplete: true, refused: 0 });
    appendFileSync(at('a.jsonl'), whole.slice(40));
    expect(await read(at('a.jsonl'))).toMatchObject({ events: 2, incomplete: false });
    expect(await tools()).toEqual(['one', 'two']);
    expect(await letters()).toEqual([]);
  });

  it('passes over a line that is too long without holding it', async () => {
    writeFileSync(at('a.jsonl'), `${line('one')}"${'x'.repeat(50_000)}"\n${line('two')}`);
    expect(await read(at('a.jsonl'), { maxLineBytes: 10_000 })).toMatchObject({ events: 4, refused: 1 });
    expect(await letters()).toMatchObject([{ source: `${at('a.jsonl')}:2:1`, reason: { code: 'too-large' } }]);
  });

  it('takes native events, and gives those without an id one by their place', async () => {
    const native = { kind: 'prompt', text: 'hello', service: 'app', timeMs: 1_767_225_600_000 };
    writeFileSync(at('a.jsonl'), `${JSON.stringify(native)}\n${JSON.stringify(native)}\n`);
    expect(await read(at('a.jsonl'))).toMatchObject({ events: 2, refused: 0 });
    const stored = await drivers.stream.read('telemetry', { from: 0, limit: 10 });
    expect(new Set(stored.map(({ value }) => value.id)).size).toBe(2);
    expect(stored[0]?.value).toMatchObject({ kind: 'prompt', timeMs: native.timeMs, receivedAtMs: native.timeMs });
  });

  it('reads standard input, and says how far it is', async () => {
    const progress: number[] = [];
    const whole = Buffer.from(line('one') + line('two').trimEnd());
    const summary = await read('-', {
      stdin: Readable.from([whole.subarray(0, 100), whole.subarray(100)]),
      onProgress: ({ bytes }) => progress.push(bytes),
    });
    expect(summary).toMatchObject({ lines: 2, events: 4 });
    expect(progress.at(-1)).toBe(whole.length);
  });

  it('says what is wrong with a file that cannot be read', async () => {
    await expect(read(at('none.jsonl'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(read(folder)).rejects.toMatchObject({ code: 'usage' });
    await expect(read(at('a.jsonl.gz'), { follow: true })).rejects.toMatchObject({ code: 'usage' });
  });

  it('repeats what was not durable when it failed', async () => {
    writeFileSync(at('a.jsonl'), line('one'));
    await expect(read(at('a.jsonl'), { append: () => Promise.reject(new Error('disk')) })).rejects.toThrow('disk');
    expect(await read(at('a.jsonl'))).toMatchObject({ events: 2 });
  });
});

describe('following', () => {
  async function following(path: string, act: () => Promise<void>): Promise<void> {
    const stop = new AbortController();
    const done = read(path, { follow: true, arrival: 'event', signal: stop.signal });
    await act();
    stop.abort();
    await done;
  }
  const seen = (...names: string[]) => expect.poll(tools, { timeout: 5_000, interval: 10 }).toEqual(names);

  it('goes on through rotation by renaming, with what was written to the old file last', async () => {
    const path = at('live.jsonl');
    writeFileSync(path, line('one'));
    await following(path, async () => {
      await seen('one');
      appendFileSync(path, line('two').slice(0, 30));
      await new Promise((resolve) => setTimeout(resolve, 30));
      appendFileSync(path, '');
      renameSync(path, at('live.1.jsonl'));
      // Its first half is in the file already: a line that never ends is refused, not joined to another file's.
      writeFileSync(path, line('three'));
      await seen('one', 'three');
      appendFileSync(path, line('four'));
      await seen('one', 'three', 'four');
    });
    expect(await letters()).toHaveLength(1);
  });

  it('goes on through truncation in place (copytruncate)', async () => {
    const path = at('live.jsonl');
    writeFileSync(path, line('one') + line('two'));
    await following(path, async () => {
      await seen('one', 'two');
      copyFileSync(path, at('live.1.jsonl'));
      truncateSync(path, 0);
      await new Promise((resolve) => setTimeout(resolve, 40));
      appendFileSync(path, line('three'));
      await seen('one', 'two', 'three');
    });
  });

  it('waits for a deleted file to come back', async () => {
    const path = at('live.jsonl');
    writeFileSync(path, line('one'));
    await following(path, async () => {
      await seen('one');
      unlinkSync(path);
      await new Promise((resolve) => setTimeout(resolve, 40));
      writeFileSync(path, line('two'));
      await seen('one', 'two');
    });
  });

  it('begins with a file that is still empty', async () => {
    const path = at('live.jsonl');
    writeFileSync(path, '');
    await following(path, async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      appendFileSync(path, line('one'));
      await seen('one');
    });
    expect(await read(path)).toMatchObject({ events: 0 });
  });
});

it('splits lines alike however the bytes arrive', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '\r', '"', '😀'), maxLength: 8 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      (texts, sizes) => {
        const bytes = Buffer.from(texts.join('\n'));
        const splitter = new LineSplitter({ maxBytes: 1_000 });
        const lines: string[] = [];
        for (let from = 0, nth = 0; from < bytes.length; nth++) {
          const size = sizes[nth % sizes.length] ?? 1;
          for (const each of splitter.push(bytes.subarray(from, from + size))) lines.push(each.text ?? '');
          from += size;
        }
        for (const each of splitter.end()) lines.push(each.text ?? '');
        const expected = texts
          .join('\n')
          .split('\n')
          .map((text) => text.replace(/\r$/, ''));
        if (expected.at(-1) === '' && !bytes.subarray(bytes.lastIndexOf(10) + 1).length) expected.pop();
        expect(lines).toEqual(expected);
      },
    ),
  );
});
