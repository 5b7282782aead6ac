/** What of the configuration the checks of Kafka look at. */
import type { Config } from '../../../runtime/config.js';

export type KafkaConfigured = Pick<Config, 'stream' | 'retention' | 'health'>;
