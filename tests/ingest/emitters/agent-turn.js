// The scripted agent turn that every emitter tells: system, user prompt, a tool call, its result, the same call once
// more, the answer. Run in a process of its own, pointed at the receiver by environment variables alone.

export const SYSTEM = 'You are a careful weather assistant.';
export const USER = 'What is the weather in Oslo? Look twice.';
export const RESULT = 'Rain in Oslo, 7 degrees.';

export const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Tells the weather in a city.',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];

/** The turn with the plain OpenAI client; `runTool` lets an emitter trace the tool its own way. */
export async function openAiTurn(client, runTool = async (_call, run) => run()) {
  const messages = [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: USER },
  ];
  for (;;) {
    const completion = await client.chat.completions.create({ model: 'scripted-1', messages, tools: TOOLS });
    const { message } = completion.choices[0];
    messages.push(message);
    if (!message.tool_calls) return message.content;
    for (const call of message.tool_calls) {
      const result = await runTool(call, async () => RESULT);
      messages.push({ role: 'tool', tool_call_id: call.id, content: result });
    }
  }
}
