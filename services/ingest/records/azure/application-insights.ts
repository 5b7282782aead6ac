/**
 * Spans that went through Application Insights: `AppDependencies` and `AppRequests` by a diagnostic setting. Its exporter
 * keeps the attributes in `Properties`, so a span of an agent is put together again and read in its own dialect.
 */
import type { Fields } from '../fields.js';
import { type AzureRead, fault, nothing } from './reading.js';

const DIALECT = /^(?:gen_ai\.|openinference\.|llm\.|ai\.|traceloop\.|mcp\.)/;

export function readApplicationInsights(fields: Fields): AzureRead {
  const attributes = fields.record('Properties');
  if (attributes === undefined || !Object.keys(attributes).some((key) => DIALECT.test(key)))
    return nothing('application telemetry of no agent');
  const startMs = fields.time('time', 'timeGenerated', 'timestamp');
  if (startMs === undefined) return fault('/time', 'a span has a time');
  const traceId = fields.text('OperationId', 'operation_Id');
  const spanId = fields.text('Id', 'itemId');
  if (traceId === undefined || spanId === undefined)
    return fault(traceId === undefined ? '/OperationId' : '/Id', 'a span has an `OperationId` and an `Id`');
  const endMs = startMs + Math.max(0, fields.number('DurationMs', 'duration') ?? 0);
  const failed = fields.flag('Success') === false;
  const parent = fields.text('ParentId', 'operation_ParentId');
  const service = fields.text('AppRoleName', 'cloud_RoleName');
  return {
    as: 'traces',
    request: {
      resourceSpans: [
        {
          resource: { attributes: service === undefined ? [] : [attribute('service.name', service)] },
          scopeSpans: [
            {
              scope: { name: 'application-insights' },
              spans: [
                {
                  traceId,
                  spanId,
                  ...(parent !== undefined && parent !== traceId && { parentSpanId: parent }),
                  name: fields.text('Name') ?? 'span',
                  startTimeUnixNano: nanos(startMs),
                  endTimeUnixNano: nanos(endMs),
                  attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
                  status: failed ? { code: 2, message: fields.text('ResultCode') ?? '' } : {},
                },
              ],
            },
          ],
        },
      ],
    },
  };
}

function nanos(ms: number): string {
  const whole = Math.floor(ms);
  return `${whole}${String(Math.round((ms - whole) * 1e6)).padStart(6, '0')}`;
}

function attribute(key: string, value: unknown): { key: string; value: Record<string, unknown> } {
  if (typeof value === 'boolean') return { key, value: { boolValue: value } };
  if (typeof value === 'number')
    return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
  return { key, value: { stringValue: typeof value === 'string' ? value : JSON.stringify(value ?? '') } };
}
