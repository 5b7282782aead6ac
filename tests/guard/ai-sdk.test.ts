/** The real AI SDK with its own scripted model, under guard, against a real gateway on loopback. */
import { generateText, stepCountIs, tool } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { guard, isRefusal, type Notice } from '../../services/guard/index.js';
import { contraction, Rig } from '../gateway/rig.js';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.end();
  rig = undefined;
});

type Step = { call: [name: string, input: unknown][] } | { say: string };

/** A model that does what the script says, one step a turn. */
function scripted(...steps: Step[]): MockLanguageModelV3 {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  };
  let ids = 0;
  return new MockLanguageModelV3({
    doGenerate: steps.map((step) =>
      'say' in step
        ? {
            content: [{ type: 'text', text: step.say }],
            finishReason: { unified: 'stop', raw: 'stop' },
            usage,
            warnings: [],
          }
        : {
            content: step.call.map(([toolName, input]) => ({
              type: 'tool-call',
              toolCallId: `call-${(ids += 1)}`,
              toolName,
              input: JSON.stringify(input),
            })),
            finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
            usage,
            warnings: [],
          },
    ),
  });
}

const sent: string[] = [];
const tools = () => ({
  read_file: tool({
    description: 'Read a file',
    inputSchema: z.object({ path: z.string() }),
    execute: ({ path }) => `content of ${path}`,
  }),
  send_mail: tool({
    description: 'Send a mail',
    inputSchema: z.object({ to: z.string() }),
    execute: ({ to }) => {
      sent.push(to);
      return { sent: true };
    },
    toModelOutput: ({ output }) => ({ type: 'text', value: output.sent ? 'sent' : 'not sent' }),
  }),
});

const outputs = (of: { steps: { toolResults: { toolName: string; output: unknown }[] }[] }) =>
  of.steps.flatMap((step) => step.toolResults.map(({ toolName, output }) => [toolName, output] as const));

describe('the Vercel AI SDK', () => {
  it('works as before where nothing is wrong; prompt, calls and results are told in order', async () => {
    rig = await Rig.start();
    sent.length = 0;
    const session = guard({ agent: 'mailer', url: rig.url, token: rig.token('agent-token') }).session('s1');
    const result = await generateText({
      model: scripted(
        { call: [['read_file', { path: 'a.txt' }]] },
        { call: [['send_mail', { to: 'ann' }]] },
        { say: 'done' },
      ),
      tools: session.tools(tools()),
      stopWhen: stepCountIs(5),
      prompt: 'Read a.txt and mail it to Ann',
    });
    expect(result.text).toBe('done');
    expect(outputs(result)).toEqual([
      ['read_file', 'content of a.txt'],
      ['send_mail', { sent: true }],
    ]);
    expect(sent).toEqual(['ann']);
    const told = (await rig.topic('telemetry')).map(({ kind, toolCallId }) => [kind, toolCallId]);
    expect(told).toEqual([
      ['prompt', undefined],
      ['tool.call', 'call-1'],
      ['tool.result', 'call-1'],
      ['tool.call', 'call-2'],
      ['tool.result', 'call-2'],
    ]);
    expect((await rig.topic('telemetry'))[1]).toMatchObject({
      description: 'Read a file',
      decision: { verdict: 'allow' },
    });
  });

  it('stops the call that a poisoned result led to, lets harmless ones go on, and the model can read why', async () => {
    sent.length = 0;
    const started = await Rig.start({
      onEvent: (event) =>
        event.kind === 'tool.result' && event.text?.includes('a.txt') === true
          ? [
              {
                kind: 'contraction',
                contraction: contraction([{ control: 'tool.block', effects: ['send'] }], { id: 'poisoned' }),
              },
            ]
          : [],
    });
    rig = started;
    const model = scripted(
      { call: [['read_file', { path: 'a.txt' }]] },
      {
        call: [
          ['send_mail', { to: 'evil' }],
          ['read_file', { path: 'b.txt' }],
        ],
      },
      { say: 'I could not send it' },
    );
    const result = await generateText({
      model,
      tools: guard({ agent: 'mailer', url: started.url, token: started.token('agent-token') })
        .session('s1')
        .tools(tools()),
      stopWhen: stepCountIs(5),
      prompt: 'Read a.txt',
    });
    expect(sent).toEqual([]);
    const given = outputs(result);
    expect(given[1]?.[0]).toBe('send_mail');
    expect(isRefusal(given[1]?.[1])).toBe(true);
    expect(given[2]).toEqual(['read_file', 'content of b.txt']);
    // What the model is shown of it: the refusal, not what `toModelOutput` would have made of it.
    const shown = JSON.stringify(model.doGenerateCalls[2]?.prompt);
    expect(shown).toContain('stopped by a security policy');
    expect(shown).not.toContain('not sent');
    const blocked = (await started.topic('telemetry')).find(({ tool: name }) => name === 'send_mail');
    expect(blocked).toMatchObject({ kind: 'tool.call', decision: { verdict: 'block', contractions: ['poisoned'] } });
    expect(
      (await started.topic('telemetry')).filter(
        ({ tool: name, kind }) => name === 'send_mail' && kind === 'tool.result',
      ),
    ).toEqual([]);
  });

  it('keeps types, descriptions and schemas; a tool that runs elsewhere is left alone, and that is said', async () => {
    const notices: Notice[] = [];
    const given = { ...tools(), elsewhere: tool({ description: 'Runs in the browser', inputSchema: z.object({}) }) };
    const guarded = guard({ agent: 'a', token: 't', onNotice: (notice) => notices.push(notice) }).tools(given);
    const typed: typeof given = guarded;
    expect(typed.read_file.description).toBe('Read a file');
    expect(typed.read_file.inputSchema).toBe(given.read_file.inputSchema);
    expect(typed.elsewhere).toBe(given.elsewhere);
    expect(notices).toEqual([expect.objectContaining({ kind: 'not-guarded' })]);
  });

  it('waits for the whole of a result that comes in parts, so that nothing is shown unjudged', async () => {
    rig = await Rig.start({
      onEvent: (event) =>
        event.kind === 'tool.result'
          ? [{ kind: 'contraction', contraction: contraction([{ control: 'session.suspend' }], { id: 'x' }) }]
          : [],
    });
    const parts = tool({
      inputSchema: z.object({}),
      async *execute() {
        yield 'half';
        yield await Promise.resolve('whole');
      },
    });
    const result = await generateText({
      model: scripted({ call: [['parts', {}]] }, { say: 'ok' }),
      tools: guard({ agent: 'a', url: rig.url, token: rig.token('agent-token') })
        .session('s1')
        .tools({ parts }),
      stopWhen: stepCountIs(3),
      prompt: 'go',
    });
    expect(outputs(result)[0]?.[1]).toMatchObject({ stepdown: 'withheld' });
    expect((await rig.topic('telemetry')).find(({ kind }) => kind === 'tool.result')).toMatchObject({ text: 'whole' });
  });

  it("tells the user's words of a growing conversation once each", async () => {
    rig = await Rig.start();
    const session = guard({ agent: 'a', url: rig.url, token: rig.token('agent-token') }).session('s1');
    const messages = [{ role: 'user' as const, content: 'first' }];
    const turn = (text: string) =>
      generateText({
        model: scripted({ call: [['read_file', { path: text }]] }, { say: text }),
        tools: session.tools(tools()),
        stopWhen: stepCountIs(3),
        messages: [...messages],
      });
    await turn('one');
    messages.push({ role: 'user', content: 'second' });
    await turn('two');
    const prompts = async () => (await rig?.topic('telemetry'))?.filter(({ kind }) => kind === 'prompt') ?? [];
    expect((await prompts()).map(({ text }) => text)).toEqual(['first', 'second']);
    // A server that makes a session a request tells the history again, under the ids it had.
    await guard({ agent: 'a', url: rig.url, token: rig.token('agent-token') })
      .session('s1')
      .prompts(['first', 'second', 'second']);
    const told = await prompts();
    expect(told).toHaveLength(5);
    expect(new Set(told.map(({ id }) => id)).size).toBe(3);
  });
});
