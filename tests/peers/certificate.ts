/** The demo has one too, so it stands with the product. */
export * from '../../services/cli/demo/workspace/certificate.js';
