export { sign, type SignedHeaders } from '../runtime/signature.js';
