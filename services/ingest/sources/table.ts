/** Every kind of source that reads by itself, loaded only where one is configured. OTLP/HTTP stands in the service. */
import type { Source, SourceConfig, SourceParts } from './source.js';

export async function openSource(config: SourceConfig, parts: SourceParts): Promise<Source> {
  switch (config.type) {
    case 'kafka':
      return new (await import('./kafka.js')).KafkaSource(config, parts);
    case 'eventhubs':
      return new (await import('./event-hubs.js')).EventHubsSource(config, parts);
  }
}
