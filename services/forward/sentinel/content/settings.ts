/** What differs between two workspaces; everything else of the content is the same for all. */
import type { SentinelSeverity } from '../alerting.js';

export interface ContentSettings {
  /** From which severity on an incident raises alerts. One that begins below it alerts when it gets there. */
  least: SentinelSeverity;
  /** Whether Defender may join Stepdown's incidents with others; `false` puts #DONT_CORR# into the alerts. */
  correlate: boolean;
  /** `api`: incidents are made by Stepdown through the API, so rules make alerts only. */
  incidents: 'rules' | 'api';
}

export const DEFAULT_SETTINGS: ContentSettings = { least: 'Informational', correlate: true, incidents: 'rules' };
