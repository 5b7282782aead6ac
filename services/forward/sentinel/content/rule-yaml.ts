/** Rules and hunting queries as files in the form of the Azure-Sentinel repository. Pure. */
import { stringify } from 'yaml';
import type { HuntingQuery } from './hunting.js';
import { PARSER } from './parser.js';
import type { AnalyticsRule } from './rules.js';

const CONNECTORS: readonly unknown[] = [];
/** Raised with every change of a rule, as the repository wants it. */
const RULE_VERSION = '1.0.1';
const QUERY_VERSION = '1.0.0';

/** ISO 8601 to the repository's own spelling: `PT5M` → `5m`, `P1D` → `1d`. */
function spelled(duration: string): string {
  const [, days, hours, minutes] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(duration) ?? [];
  return `${days === undefined ? '' : `${days}d`}${hours === undefined ? '' : `${hours}h`}${minutes === undefined ? '' : `${minutes}m`}`;
}

const write = (document: Record<string, unknown>): string =>
  stringify(document, { lineWidth: 0, blockQuote: 'literal', aliasDuplicateObjects: false });

export function ruleYaml(rule: AnalyticsRule): string {
  const { groupingConfiguration, createIncident } = rule.incidentConfiguration;
  return write({
    id: rule.id,
    name: rule.displayName,
    description: rule.description,
    severity: rule.severity,
    status: 'Available',
    requiredDataConnectors: CONNECTORS,
    queryFrequency: spelled(rule.queryFrequency),
    queryPeriod: spelled(rule.queryPeriod),
    triggerOperator: 'gt',
    triggerThreshold: 0,
    tactics: [],
    relevantTechniques: [],
    query: `${rule.query}\n`,
    entityMappings: rule.entityMappings,
    customDetails: rule.customDetails,
    alertDetailsOverride: rule.alertDetailsOverride,
    eventGroupingSettings: { aggregationKind: 'AlertPerResult' },
    incidentConfiguration: {
      createIncident,
      groupingConfiguration: {
        ...groupingConfiguration,
        lookbackDuration: spelled(groupingConfiguration.lookbackDuration),
      },
    },
    version: RULE_VERSION,
    kind: 'Scheduled',
  });
}

export function huntingYaml({ id, name, description, query, entityMappings }: HuntingQuery): string {
  return write({
    id,
    name,
    description,
    requiredDataConnectors: CONNECTORS,
    tactics: [],
    relevantTechniques: [],
    query: `${query}\n`,
    ...(entityMappings.length === 0 ? {} : { entityMappings }),
    version: QUERY_VERSION,
  });
}

export function parserYaml(): string {
  return write({
    Parser: {
      Title: PARSER.name,
      Version: '0.1.0',
      LastUpdated: 'with the product',
    },
    Product: { Name: 'Stepdown' },
    Normalization: { Schema: PARSER.schema, Version: PARSER.schemaVersion },
    ParserName: PARSER.alias,
    EquivalentBuiltInParser: '_ASim_AlertEvent_Stepdown',
    ParserParams: [{ Name: 'disabled', Type: 'bool', Default: false }],
    ParserQuery: `${PARSER.query}\n`,
  });
}
