/**
 * YAML 1.2 text to a plain value, with the place of every part of it, so that whoever checks the value can name
 * file:line:column. For files that people write: configuration, playbooks, baselines.
 */
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  visit,
} from 'yaml';
import type { Place } from './errors.js';

export interface YamlOptions {
  /** Shown in places. */
  file?: string;
  /** Longer texts are refused. Default 1 MiB. */
  maxBytes?: number;
  /** How often an alias may be expanded, against exponential blow-up. Default 100. */
  maxAliases?: number;
  /** The file may hold secrets: faults quote nothing of it. A password that begins with `*` or `!` is YAML too. */
  secretive?: boolean;
}

export interface YamlDocument {
  /** Plain JSON-like value; an empty text is `undefined`. */
  value: unknown;
  /**
   * Where a JSON pointer (RFC 6901) stands: the value's place, or with `key` its key's. A pointer to nothing gives
   * the place of the nearest thing above it.
   */
  placeOf(pointer: string, part?: 'value' | 'key'): Place;
}

export interface YamlFault {
  message: string;
  place: Place;
}

export type YamlOutcome = { ok: true; document: YamlDocument } | { ok: false; faults: YamlFault[] };

/** Levels of maps and lists; beyond, a text is an attack or an accident. */
const MAX_DEPTH = 100;
/** The parser's stack also holds the document and the scalar at hand. */
const DEEPEST_STACK = MAX_DEPTH + 2;

/** Never throws: what cannot be read is a fault with its place. */
export function parseYaml(text: string, options: YamlOptions = {}): YamlOutcome {
  const outcome = parsed(text, options);
  if (outcome.ok || options.secretive !== true) return outcome;
  return { ok: false, faults: outcome.faults.map(({ message, place }) => ({ message: unquoting(message), place })) };
}

/** The reader's words end where it begins to quote. */
function unquoting(message: string): string {
  const words = message.replace(/(?:: | for \*| [*!%]).*$/s, '');
  return words === message ? message : `${words}; put a text that begins with a sign in quotes`;
}

function parsed(text: string, options: YamlOptions): YamlOutcome {
  const file = options.file === undefined ? {} : { file: options.file };
  const refuse = (message: string): YamlOutcome => ({
    ok: false,
    faults: [{ message, place: { ...file, line: 1, column: 1 } }],
  });
  const maxBytes = options.maxBytes ?? 1024 * 1024;
  if (Buffer.byteLength(text) > maxBytes) return refuse(`the file is larger than ${maxBytes} bytes`);
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { ...file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const parser = new Parser(lines.addNewLine);
    const tokens: CST.Token[] = [];
    lines.addNewLine(0);
    for (const lexeme of new Lexer().lex(text.replace(/^\uFEFF/, ''))) {
      tokens.push(...parser.next(lexeme));
      // Before anything recursive looks at it: at the end of the stack V8 may end the process instead of throwing.
      if (parser.stack.length > DEEPEST_STACK) {
        const message = `nested deeper than ${MAX_DEPTH} levels`;
        return { ok: false, faults: [{ message, place: placeAt(parser.offset) }] };
      }
    }
    tokens.push(...parser.end());
    const documents = [
      ...new Composer({
        version: '1.2',
        schema: 'core',
        strict: true,
        uniqueKeys: true,
        stringKeys: true,
        prettyErrors: false,
        logLevel: 'silent',
      }).compose(tokens),
    ];
    if (documents.length === 0) {
      return {
        ok: true,
        document: { value: undefined, placeOf: (pointer) => ({ ...file, line: 1, column: 1, pointer }) },
      };
    }
    const faults: YamlFault[] = [];
    for (const document of documents) {
      for (const error of [...document.errors, ...document.warnings]) {
        const open = error.message.startsWith('Missing closing') ? openQuote(document) : undefined;
        faults.push({ message: error.message, place: placeAt(open ?? error.pos[0]) });
      }
    }
    const second = documents[1];
    if (second !== undefined)
      faults.push({ message: 'only one YAML document is allowed in this file', place: placeAt(second.range[0]) });
    const document = documents[0];
    if (document === undefined || faults.length > 0) return { ok: false, faults: inOrder(faults) };
    const lost = lostAlias(document);
    if (lost !== undefined)
      return {
        ok: false,
        faults: [{ message: `there is no anchor for *${lost.name}`, place: placeAt(lost.offset) }],
      };
    const empty = emptyAnchor(document);
    if (empty !== undefined)
      return {
        ok: false,
        faults: [
          {
            message: 'nothing stands behind this anchor: a text that begins with & needs quotes',
            place: placeAt(empty),
          },
        ],
      };
    const value: unknown = document.toJS({ maxAliasCount: options.maxAliases ?? 100 });
    return {
      ok: true,
      document: {
        value: value ?? undefined,
        placeOf: (pointer, part = 'value') => {
          let node: Node | null | undefined = document.contents;
          let offset = node?.range?.[0] ?? 0;
          for (const name of pointerParts(pointer)) {
            if (isAlias(node)) node = node.resolve(document);
            if (isMap(node)) {
              const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === name);
              if (pair === undefined) break;
              const keyOffset = (pair.key as Node).range?.[0] ?? offset;
              node = pair.value as Node | null;
              // A key with nothing behind it has its own place only.
              offset = part === 'key' ? keyOffset : (emptyAware(node) ?? keyOffset);
            } else if (isSeq(node)) {
              const item = node.items[Number(name)] as Node | undefined;
              if (item === undefined) break;
              node = item;
              offset = node.range?.[0] ?? offset;
            } else break;
          }
          return { ...placeAt(offset), pointer };
        },
      },
    };
  } catch (error) {
    // Aliases past their bound end here.
    return refuse(
      error instanceof RangeError
        ? 'nested too deeply to be read'
        : error instanceof Error
          ? error.message
          : String(error),
    );
  }
}

const inOrder = (faults: readonly YamlFault[]): YamlFault[] =>
  [...faults].sort(({ place: a }, { place: b }) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));

/** Where the last quoted text begins: one that is never closed takes in all that follows. */
function openQuote(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Scalar(_key, { type, range }) {
      if (type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE') offset = range?.[0];
    },
  });
  return offset;
}

/** The first alias that no anchor stands behind. */
function lostAlias(document: Document): { name: string; offset: number } | undefined {
  let lost: { name: string; offset: number } | undefined;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      lost = { name: alias.source, offset: alias.range?.[0] ?? 0 };
      return visit.BREAK;
    },
  });
  return lost;
}

/** Of nothing, where whoever wrote it meant a text: a password, say, that begins with the sign of anchors. */
function emptyAnchor(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Scalar(_key, { anchor, source, range }) {
      if (anchor === undefined || (source ?? '') !== '') return undefined;
      offset = range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function emptyAware(node: Node | null): number | undefined {
  if (node === null || node.range == null) return undefined;
  return isScalar(node) && node.source === '' && node.range[0] === node.range[1] ? undefined : node.range[0];
}

/** `/a~1b/0` → `['a/b', '0']`. */
function pointerParts(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Appends one part to a JSON pointer. */
export function pointerTo(pointer: string, part: string | number): string {
  return `${pointer}/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
