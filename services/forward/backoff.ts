export { type Backoff, backoffMs } from '../runtime/backoff.js';
