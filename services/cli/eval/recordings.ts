/** Which labelled recordings a command is to read: those named, else those of a folder of development data. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StepdownError } from '../../runtime/errors.js';

export interface RecordingFiles {
  traces: string;
  labels: string;
}

export interface RecordingChoice {
  traces?: string[];
  labels?: string[];
  data?: string;
}

/** Throws `usage` where traces and labels do not pair. */
export function namedRecordings({ traces = [], labels = [] }: RecordingChoice): RecordingFiles[] {
  if (traces.length !== labels.length)
    throw new StepdownError('usage', `${traces.length} --traces and ${labels.length} --labels: each needs the other`, {
      mend: 'name the labels in the order of the traces',
    });
  return traces.map((file, index) => ({ traces: file, labels: labels[index] as string }));
}

/** Throws `usage` where there is none. */
export function dataFolder(data: string | undefined): string {
  if (data === undefined || !existsSync(data))
    throw new StepdownError('usage', data === undefined ? 'nothing to evaluate on' : `there is no folder ${data}`, {
      mend: 'name --traces with --labels, --text, --series, or a folder with --data',
    });
  return data;
}

/** The recordings of a folder of development data that are there. */
export function recordingsIn(folder: string): RecordingFiles[] {
  return ['agentdojo-dev', 'agentdojo-train']
    .map((name) => ({
      traces: join(folder, 'traces', `${name}.otlp.jsonl.gz`),
      labels: join(folder, 'traces', `${name}.labels.jsonl.gz`),
    }))
    .filter((each) => existsSync(each.traces) && existsSync(each.labels));
}

/** Those named, and with `--data` those of the folder as well; without either there is nothing to read. Throws `usage`. */
export function recordingsOf(choice: RecordingChoice): RecordingFiles[] {
  const named = namedRecordings(choice);
  return named.length > 0 && choice.data === undefined ? named : [...recordingsIn(dataFolder(choice.data)), ...named];
}
