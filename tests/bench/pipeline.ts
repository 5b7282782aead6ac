/**
 * Metadata-only events through decode → turns → detect → risk → playbook match, beside a bare loop that only reads and
 * `JSON.parse`s the same file. The two run in turn, several times; the median of the rounds' ratios is what lasts.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createDetectMachine } from '../../services/detect/machine.js';
import { createIntake } from '../../services/ingest/service.js';
import { createInspector } from '../../services/inspect/inspect-text.js';
import type { Config } from '../../services/runtime/config.js';
import { Stepper } from '../../services/runtime/stepper.js';
import { shippedResponse } from './shipped-response.js';

async function eachLine(file: string, take: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) take(line);
}

async function bare(file: string): Promise<number> {
  const begun = performance.now();
  let seen = 0;
  await eachLine(file, (line) => {
    seen += (JSON.parse(line) as { resourceSpans: unknown[] }).resourceSpans.length;
  });
  if (seen === 0) throw new Error('nothing read');
  return performance.now() - begun;
}

async function whole(file: string, config: Config): Promise<{ ms: number; events: number; findings: number }> {
  const intake = createIntake(config, createInspector());
  const detect = new Stepper({ machine: createDetectMachine({ clock: 'event' }), strict: false });
  const respond = new Stepper({
    machine: shippedResponse(),
    strict: false,
  });
  const begun = performance.now();
  let events = 0;
  let findings = 0;
  await eachLine(file, (line) => {
    const taken = intake.document(JSON.parse(line), { receivedAtMs: undefined, source: 'bench', atMs: 0 });
    for (const record of taken.records) {
      if (record.topic !== 'telemetry') continue;
      events++;
      for (const output of detect.feed(record.value)) {
        if (output.topic !== 'signals') continue;
        if (output.value.kind === 'finding') findings++;
        respond.feed(output.value);
      }
    }
  });
  return { ms: performance.now() - begun, events, findings };
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

export async function benchPipeline(file: string, config: Config, rounds = 7): Promise<void> {
  const wholeMs: number[] = [];
  /** Of each round, its own: what else the machine does then slows both. */
  const ratios: number[] = [];
  let last = { ms: 0, events: 0, findings: 0 };
  await bare(file);
  await whole(file, config);
  for (let round = 0; round < rounds; round++) {
    const before = await bare(file);
    last = await whole(file, config);
    const after = await bare(file);
    wholeMs.push(last.ms);
    ratios.push((before + after) / 2 / last.ms);
  }
  console.log(
    `pipeline        ${Math.round(last.events / (median(wholeMs) / 1000)).toLocaleString('en')} events/s, ${last.events} events, ${last.findings} finding signals`,
  );
  console.log(
    `                ${median(ratios).toFixed(3)} of a bare read-and-JSON.parse loop over the same file (median of ${rounds}, ${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}; aim ≥ 0.25)`,
  );
}
