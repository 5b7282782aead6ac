/** The texts of an event that reach a model or leave it, with the JSON pointer and the role of each. */
import type { TelemetryEvent } from '../../schemas/event.js';
import type { TextRole } from '../../schemas/inspection.js';

export interface EventText {
  at: string;
  role: TextRole;
  text: string;
}

/** In the order in which they stand. Empty texts are left out. */
export function textsOf(event: TelemetryEvent): EventText[] {
  const texts: EventText[] = [];
  const add = (at: string, role: TextRole, text: string | undefined): void => {
    if (text !== undefined && text.length > 0) texts.push({ at, role, text });
  };
  switch (event.kind) {
    case 'prompt':
      add('/text', 'user', event.text);
      break;
    case 'model.call':
      event.messages?.forEach((message, index) => {
        add(`/messages/${index}/text`, message.role, message.text);
        message.toolResults?.forEach((result, part) =>
          add(`/messages/${index}/toolResults/${part}/text`, 'tool', result.text),
        );
      });
      addTools(event.tools, add);
      break;
    case 'model.output':
      add('/text', 'assistant', event.text);
      break;
    case 'tool.call':
      add('/description', 'description', event.description);
      break;
    case 'tool.result':
      add('/text', 'tool', event.text);
      break;
    case 'retrieval':
      event.documents?.forEach((document, index) => add(`/documents/${index}/text`, 'document', document.text));
      break;
    case 'memory.write':
      add('/text', 'memory', event.text);
      break;
    case 'message':
      add('/text', 'agent', event.text);
      break;
    case 'inventory':
      addTools(event.tools, add);
      break;
    default:
  }
  return texts;
}

type Add = (at: string, role: TextRole, text: string | undefined) => void;

function addTools(
  tools: readonly { description?: string | undefined; parameters?: unknown }[] | undefined,
  add: Add,
): void {
  tools?.forEach((tool, index) => {
    add(`/tools/${index}/description`, 'description', tool.description);
    // A parameter's description is read by the model too, and is where poisoned tools hide their orders.
    for (const [at, text] of descriptionsIn(tool.parameters, `/tools/${index}/parameters`, 0))
      add(at, 'description', text);
  });
}

function* descriptionsIn(node: unknown, at: string, depth: number): Generator<[string, string]> {
  if (node === null || typeof node !== 'object' || depth > 8) return;
  for (const [key, value] of Object.entries(node)) {
    const below = `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (typeof value === 'string') {
      if (key === 'description' || key === 'title' || key === 'default') yield [below, value];
    } else yield* descriptionsIn(value, below, depth + 1);
  }
}
