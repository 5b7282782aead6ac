/** The configuration: one file, all keys optional, environment variables over it. See docs/configuration.md. */
export { CONFIG_KEYS, type Config } from './config/keys.js';
export { formatDuration, parseDuration } from './config/duration.js';
export { formatSize, parseSize } from './config/size.js';
export { type Environment, variableName } from './config/environment.js';
export { ConfigError, type ConfigFault, loadConfig, type LoadOptions } from './config/load.js';
export { isLoopback } from './config/rules.js';
