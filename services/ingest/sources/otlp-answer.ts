/** Answers of the OTLP receiver, in the encoding the client spoke. */
import type { ServerResponse } from 'node:http';
import { writeResponse, writeStatus } from '../protobuf.js';

export type Encoding = 'protobuf' | 'json';

/** Codes of google.rpc.Code that OTLP's failures carry. */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  413: 8,
  415: 3,
  429: 8,
  500: 13,
  503: 14,
};

export function answerOk(
  response: ServerResponse,
  encoding: Encoding,
  rejectedField: string,
  partial: { rejected: number; message: string } | undefined,
): void {
  if (encoding === 'protobuf')
    return send(response, 200, 'application/x-protobuf', Buffer.from(writeResponse(partial)));
  const body = partial
    ? { partialSuccess: { [rejectedField]: String(partial.rejected), errorMessage: partial.message } }
    : {};
  send(response, 200, 'application/json', Buffer.from(JSON.stringify(body)));
}

export function answerFailure(
  response: ServerResponse,
  encoding: Encoding,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const code = RPC_CODES[status] ?? 2;
  if (encoding === 'protobuf')
    return send(response, status, 'application/x-protobuf', Buffer.from(writeStatus(code, message)));
  send(response, status, 'application/json', Buffer.from(JSON.stringify({ code, message })));
}

function send(response: ServerResponse, status: number, type: string, body: Buffer): void {
  if (response.destroyed || response.writableEnded) return;
  response.writeHead(status, {
    'content-type': type,
    'content-length': body.length,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  response.end(body);
}
