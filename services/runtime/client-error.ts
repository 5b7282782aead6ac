/** What a client is told whose request was no HTTP, so that every listener says the same. */

/** The status line's code and reason for an error of Node's `clientError` event. */
export function clientErrorStatus(error: NodeJS.ErrnoException): string {
  if (error.code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return '408 Request Timeout';
  return '400 Bad Request';
}
