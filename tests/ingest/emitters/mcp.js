// A real MCP client and server in one process; spans by hand as OpenTelemetry's MCP conventions have them, since no
// instrumentation of the SDK is published. The client's span stands inside the tool's span of the agent.
import { SpanKind, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { RESULT } from './agent-turn.js';

const sdk = new NodeSDK();
sdk.start();
const server = new McpServer({ name: 'weather-server', version: '1.0.0' });
server.registerTool(
  'get_weather',
  { description: 'Tells the weather in a city.', inputSchema: { city: z.string() } },
  async () => ({ content: [{ type: 'text', text: RESULT }] }),
);
const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
await server.connect(serverSide);
const client = new Client({ name: 'agent', version: '1.0.0' });
await client.connect(clientSide);

const tracer = trace.getTracer('app');
const mcpSpan = (method, target, attributes, run) =>
  tracer.startActiveSpan(
    target ? `${method} ${target}` : method,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        'mcp.method.name': method,
        'mcp.session.id': 'connection-1',
        'server.address': 'weather.example',
        ...attributes,
      },
    },
    async (span) => {
      try {
        return await run(span);
      } finally {
        span.end();
      }
    },
  );

await tracer.startActiveSpan(
  'invoke_agent weather',
  {
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'weather',
      'gen_ai.conversation.id': 'conv-mcp',
    },
  },
  async (agent) => {
    await mcpSpan('tools/list', undefined, {}, async (span) => {
      const { tools } = await client.listTools();
      span.setAttribute('gen_ai.tool.definitions', JSON.stringify(tools));
    });
    for (let nth = 0; nth < 2; nth++) {
      await tracer.startActiveSpan(
        'execute_tool get_weather',
        {
          attributes: {
            'gen_ai.operation.name': 'execute_tool',
            'gen_ai.tool.name': 'get_weather',
            'gen_ai.tool.call.arguments': '{"city":"Oslo"}',
          },
        },
        async (tool) => {
          const result = await mcpSpan(
            'tools/call',
            'get_weather',
            { 'gen_ai.tool.name': 'get_weather', 'gen_ai.tool.call.arguments': '{"city":"Oslo"}' },
            async (span) => {
              const answered = await client.callTool({ name: 'get_weather', arguments: { city: 'Oslo' } });
              span.setAttribute('gen_ai.tool.call.result', JSON.stringify(answered));
              return answered;
            },
          );
          tool.setAttribute('gen_ai.tool.call.result', result.content[0].text);
          tool.end();
        },
      );
    }
    agent.end();
  },
);
await client.close();
await sdk.shutdown();
