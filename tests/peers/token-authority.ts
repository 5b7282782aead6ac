/** The demo's workspace asks it for tokens, so it stands with the product. */
export * from '../../services/cli/demo/workspace/token-authority.js';
