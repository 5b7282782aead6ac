/** The baseline policy's file, read strictly: each fault with its place. */
import { readFileSync } from 'node:fs';
import { Value } from '@sinclair/typebox/value';
import { BaselinePolicy } from '../../schemas/baseline.js';
import { StepdownError } from './errors.js';
import { parseYaml } from './yaml.js';

/** `undefined` where none is configured. Throws `policy-invalid`. */
export function readBaseline(file: string | undefined): BaselinePolicy | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StepdownError('policy-invalid', 'the baseline policy cannot be read', {
      place: { file },
      mend: 'mend the path of `respond.baseline`, or leave it out',
      cause,
    });
  }
  const parsed = parseYaml(text, { file });
  if (!parsed.ok) {
    const [fault] = parsed.faults;
    throw new StepdownError('policy-invalid', fault?.message ?? 'not readable YAML', {
      place: fault?.place ?? { file },
    });
  }
  const { document } = parsed;
  const fault = Value.Errors(BaselinePolicy, document.value).First();
  if (fault !== undefined)
    throw new StepdownError('policy-invalid', `${fault.path || 'the policy'}: ${fault.message}`, {
      place: { file, ...document.placeOf(fault.path) },
    });
  return document.value as BaselinePolicy;
}
