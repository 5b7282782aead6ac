/** Requests and replies, free of sockets: the server, the tests and the command line all speak these. */
import type { Principal } from '../../../schemas/principal.js';

export interface ApiRequest {
  method: string;
  /** Path with query, as on the request line. */
  path: string;
  /** Lower-case names. */
  headers?: Record<string, string | undefined>;
  body?: string | Uint8Array;
  /** Set by callers inside the process only; the server never sets it. Stands in for a token. */
  principal?: Principal;
}

export interface ApiResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What a resource answers; the router makes it a response. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  /** Written as JSON; `undefined`: no body. */
  body?: unknown;
  /** A body that is no JSON, written as it is; its `content-type` stands in the headers. */
  text?: string;
}

export const ok = (body: unknown): Reply => ({ status: 200, body });
