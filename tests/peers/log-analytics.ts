/** What the demo sends to and what tests send to is one server: `stepdown demo --sentinel-rows` shows what is tested. */
export * from '../../services/cli/demo/workspace/log-analytics.js';
