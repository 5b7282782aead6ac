/**
 * What a guarded agent sends: leave asked before each call, its result reported, and everything waited for. One thing at
 * a time, done again until it is answered, as often as the engine goes away; so it stays one agent's one story.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reachable } from './engine.js';
import type { Turn } from './traffic.js';

interface Patience {
  /** On the clock of `performance.now()`. */
  untilMs: number;
  retries: number;
}

/** Answered with success, else `undefined`; anything but "not now" is a fault of the test or of the engine. */
async function post<T>(engine: Reachable, path: string, body: unknown): Promise<T | undefined> {
  let answer: Response;
  try {
    answer = await fetch(`${engine.api}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${readFileSync(join(engine.dir, 'data', 'agent-token'), 'utf8').trim()}`,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    });
  } catch {
    return undefined;
  }
  const text = await answer.text().catch(() => undefined);
  if (text === undefined) return undefined;
  if (answer.ok) return JSON.parse(text) as T;
  if (answer.status === 429 || answer.status === 503) return undefined;
  throw new Error(`refused for good: ${answer.status} ${text}`);
}

async function untilDone(patience: Patience, attempt: () => Promise<boolean>): Promise<void> {
  while (!(await attempt())) {
    patience.retries++;
    if (performance.now() > patience.untilMs) throw new Error(`gave up after ${patience.retries} retries`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Plays a turn: prompt, and for each step the question, then the result where the call may run. Gives the verdicts. */
export async function playInline(engine: Reachable, turn: Turn, patience: Patience): Promise<boolean[]> {
  const about = {
    agent: { id: turn.agent },
    service: turn.service,
    session: { id: turn.conversation },
  };
  let part = 0;
  const event = (more: Record<string, unknown>) => {
    part += 1;
    return { id: `inline-${turn.seed}-${part}`, timeMs: turn.startMs + 500 * part, ...about, ...more };
  };
  /** True once it is durable and all it caused is enforced. */
  const told = async (what: unknown): Promise<boolean> => {
    const answer = await post<{ notChecked: { check: string }[] }>(engine, '/v1/events', what);
    return answer !== undefined && !answer.notChecked.some(({ check }) => check === 'barrier');
  };

  const prompt = event({ kind: 'prompt', text: turn.prompt });
  await untilDone(patience, () => told(prompt));
  const allowed: boolean[] = [];
  for (const [index, step] of turn.steps.entries()) {
    const toolCallId = `call_${turn.seed}_${index}`;
    part += 1;
    const question = {
      subject: { type: 'agent', id: turn.agent },
      action: { name: 'call' },
      resource: { type: 'tool', id: step.tool },
      context: {
        conversation: turn.conversation,
        service: turn.service,
        toolCallId,
        arguments: step.arguments,
        timeMs: turn.startMs + 500 * part,
      },
    };
    const result = event({ kind: 'tool.result', tool: step.tool, toolCallId, text: step.result });
    const instead = { ...result, kind: 'model.call', model: 'test-model' };
    // An answer does not wait for the disk, but what is reported behind it is durable only with it: whoever got no
    // answer to the report asks again first. The first answer is the one the agent acted on.
    let may: boolean | undefined;
    await untilDone(patience, async () => {
      const answer = await post<{ decision: boolean }>(engine, '/access/v1/evaluation', question);
      if (answer === undefined) return false;
      may ??= answer.decision;
      const { tool: _tool, toolCallId: _id, text: _text, ...bare } = instead as Record<string, unknown>;
      return told(may ? result : bare);
    });
    allowed.push(may === true);
  }
  return allowed;
}
