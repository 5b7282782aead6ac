/** What the YAML reader says, in words for whoever wrote the file, with what to write instead. */
import type { YamlFault } from '../../runtime/yaml.js';
import type { Diagnostic } from './diagnostic.js';

const LINES = 'each line of a map is `key: value`, a space after the colon; a text over several lines begins with >-';

/** By a part of what is said: how to mend it, and plainer words for it. */
const WORDS: readonly (readonly [part: string, mend: string, message?: string])[] = [
  ['Tabs are not allowed', 'indent with spaces'],
  ['keys must be unique', 'write each key once'],
  ['Flow map', 'close it with }'],
  ['Flow sequence', 'close it with ]'],
  ['alias count', 'write out what is meant instead of repeating an alias'],
  ['only one YAML document', 'put each document into a file of its own'],
  ['larger than', 'split it'],
  ['Missing closing "', 'close it with "', 'this text is never closed'],
  ["Missing closing '", "close it with '", 'this text is never closed'],
  ['Nested mappings are not allowed', 'put a text that has a colon in it in quotes', 'a second colon in one line'],
  ['Implicit keys need to be on a single line', LINES, 'this is no `key: value`'],
  ['Implicit map keys need to be followed', LINES, 'this is no `key: value`'],
  ['all keys must be strings', LINES, 'this is no `key: value`'],
  [
    'All collection items must start at the same column',
    'indent the entries of one list, or the keys of one map, equally',
  ],
  ['A block sequence may not be used as an implicit map key', 'indent the entries of one list equally'],
  ['there is no anchor', 'put a text that begins with * in quotes'],
  ['Unresolved tag', 'put a text that begins with ! in quotes'],
  ['Invalid escape sequence', 'use single quotes: a backslash is a backslash there'],
  [
    'Unexpected scalar at node end',
    'put the whole text in single quotes: what stands in double quotes ends at the next one',
  ],
  ['Plain value cannot start with', 'put the text in quotes'],
];
/** After one of these what follows is read as something else than was meant, and what is said of it misleads. */
const DERAILS = /closing|Implicit|implicit|Nested mappings|all keys must be strings|Flow |start at the same column/;

/** In the order of the file. */
export function yamlDiagnostics(faults: readonly YamlFault[]): Diagnostic[] {
  const derailed = faults.findIndex(({ message }) => DERAILS.test(message));
  return (derailed < 0 ? faults : faults.slice(0, derailed + 1)).map(({ message: said, place }) => {
    const [, mend, message = said] = WORDS.find(([part]) => said.includes(part)) ?? ['', undefined];
    return { code: 'PB001', severity: 'error', message, ...(mend === undefined ? {} : { mend }), place };
  });
}
