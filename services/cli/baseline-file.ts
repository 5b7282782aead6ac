/** The baseline policy's file, read strictly: each fault with its place. */
import { readFileSync } from 'node:fs';
import { Value } from '@sinclair/typebox/value';
import { BaselinePolicy } from '../../schemas/baseline.js';
import type { ToolFactsOf } from '../detect/tool-knowledge.js';
import { glob } from '../policy/glob.js';
import { StepdownError } from '../runtime/errors.js';
import { parseYaml } from '../runtime/yaml.js';

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

/** What the policy says of single tools, for detection. */
export function toolFactsOf(policy: BaselinePolicy | undefined): ToolFactsOf | undefined {
  const facts = Object.entries(policy?.tools ?? {}).map(([pattern, known]) => ({ matches: glob(pattern), known }));
  return facts.length === 0 ? undefined : (tool) => facts.find(({ matches }) => matches(tool))?.known;
}
