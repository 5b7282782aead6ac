/** Bicep as a tree: parsed by its grammar, and its resources read out, to be compared with the ARM JSON. */
import { createRequire } from 'node:module';
import { Language, type Node, Parser } from 'web-tree-sitter';

const require = createRequire(import.meta.url);

export interface BicepResource {
  symbol: string;
  type: string;
  apiVersion: string;
  existing: boolean;
  /** Every text within it, unescaped, in the order of the file. */
  texts: string[];
}

export interface BicepFile {
  /** Where the grammar does not hold, as `line: text`. */
  faults: string[];
  parameters: string[];
  outputs: string[];
  resources: BicepResource[];
}

export async function parseBicep(text: string): Promise<BicepFile> {
  await Parser.init();
  const language = await Language.load(require.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm'));
  const parser = new Parser();
  parser.setLanguage(language);
  const tree = parser.parse(text);
  if (tree === null) throw new Error('nothing was parsed');
  const declared = (type: string) =>
    tree.rootNode.descendantsOfType(type).flatMap((node) => (node === null ? [] : [node]));
  const nameOf = (node: Node): string => node.descendantsOfType('identifier')[0]?.text ?? '';
  const result: BicepFile = {
    faults: declared('ERROR').map((node) => `${node.startPosition.row + 1}: ${node.text.slice(0, 60)}`),
    parameters: declared('parameter_declaration').map(nameOf),
    outputs: declared('output_declaration').map(nameOf),
    resources: declared('resource_declaration').map((node) => {
      const texts = node.descendantsOfType('string').flatMap((each) => (each === null ? [] : [plain(each.text)]));
      const [type = '', apiVersion = ''] = (texts[0] ?? '').split('@');
      return {
        symbol: nameOf(node),
        type,
        apiVersion,
        existing: /^resource \w+ '[^']*' existing /.test(node.text),
        texts: texts.slice(1),
      };
    }),
  };
  if (tree.rootNode.hasError && result.faults.length === 0) result.faults.push('0: something is missing');
  tree.delete();
  parser.delete();
  return result;
}

function plain(literal: string): string {
  if (literal.startsWith("'''")) return literal.slice(3, -3).replace(/^\n/, '');
  return literal.slice(1, -1).replace(/\\(['\\$])/g, '$1');
}
