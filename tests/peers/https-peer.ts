/** The server under every https peer; the demo's workspace is one, so it stands with the product. */
export * from '../../services/cli/demo/workspace/https-peer.js';
