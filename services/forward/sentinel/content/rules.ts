/**
 * The analytics rules: one per severity under which an incident begins. A rule keeps an incident for life, with alerts as
 * grave as the incident then is, because Sentinel groups alerts of one rule only: a rule per severity at which an incident
 * stands would open a second incident with each rise.
 *
 * Each runs every five minutes over what was ingested in the last ten, whatever its TimeGenerated within a day, so that late
 * rows are not missed. Alerts that were raised in the run before are taken out by their id.
 */
import { SENTINEL_SEVERITIES, type SentinelSeverity } from '../alerting.js';
import { lines, T } from './kql.js';
import type { ContentSettings } from './settings.js';

export interface FieldMapping {
  identifier: string;
  columnName: string;
}
export interface EntityMapping {
  entityType: 'CloudApplication' | 'Account';
  fieldMappings: readonly FieldMapping[];
}

export interface AnalyticsRule {
  /** Stable for ever: a rule under another id is another rule, and forgets its alerts. */
  id: string;
  /** Names it in files and symbols. */
  key: string;
  displayName: string;
  description: string;
  severity: SentinelSeverity;
  query: string;
  queryFrequency: string;
  queryPeriod: string;
  entityMappings: readonly EntityMapping[];
  customDetails: Readonly<Record<string, string>>;
  alertDetailsOverride: {
    alertDisplayNameFormat: string;
    alertDescriptionFormat: string;
    alertTacticsColumnName: string;
    alertSeverityColumnName: string;
  };
  incidentConfiguration: {
    createIncident: boolean;
    groupingConfiguration: {
      enabled: true;
      reopenClosedIncident: false;
      lookbackDuration: string;
      matchingMethod: 'Selected';
      groupByEntities: readonly string[];
      groupByAlertDetails: readonly string[];
      groupByCustomDetails: readonly string[];
    };
  };
}

/** Marks an alert's name, and so its incident's title, with our id: how the incident is found again. */
export const TITLE_MARK = 'stepdown:';

const IDS: Readonly<Record<SentinelSeverity, string>> = {
  Informational: '6b0f3d1e-5d0c-4e0a-9a8e-0b6f5a4c1d01',
  Low: '6b0f3d1e-5d0c-4e0a-9a8e-0b6f5a4c1d02',
  Medium: '6b0f3d1e-5d0c-4e0a-9a8e-0b6f5a4c1d03',
  High: '6b0f3d1e-5d0c-4e0a-9a8e-0b6f5a4c1d04',
};

const CUSTOM_DETAILS: Readonly<Record<string, string>> = {
  IncidentId: 'IncidentId',
  AlertId: 'AlertId',
  RecordVersion: 'RecordVersion',
  StepdownTenant: 'StepdownTenant',
  Mode: 'Mode',
  Agents: 'AgentList',
  Sessions: 'SessionList',
  FindingTypes: 'FindingTypeList',
  Confidence: 'Confidence',
  AtlasTechniques: 'AtlasList',
  OwaspRisks: 'OwaspList',
  Pillars: 'PillarList',
  Contractions: 'ContractionCount',
  Playbooks: 'PlaybookList',
  ExplainCommand: 'ExplainCommand',
  ExplainLink: 'ExplainLink',
  LiftCommand: 'LiftCommand',
};

const ENTITIES: readonly EntityMapping[] = [
  { entityType: 'CloudApplication', fieldMappings: [{ identifier: 'Name', columnName: 'AgentName' }] },
  {
    entityType: 'Account',
    fieldMappings: [
      { identifier: 'Name', columnName: 'AccountName' },
      { identifier: 'UPNSuffix', columnName: 'AccountUPNSuffix' },
      { identifier: 'AadUserId', columnName: 'AccountObjectId' },
    ],
  },
];

export function analyticsRules(settings: ContentSettings): AnalyticsRule[] {
  const from = SENTINEL_SEVERITIES.indexOf(settings.least);
  return SENTINEL_SEVERITIES.slice(from).map((severity, index, told) => rule(severity, told.slice(0, index), settings));
}

/** `below`: graver ones than the least, which an incident that begins here has not been at. */
function rule(
  severity: SentinelSeverity,
  below: readonly SentinelSeverity[],
  settings: ContentSettings,
): AnalyticsRule {
  const key = severity.toLowerCase();
  return {
    id: IDS[severity],
    key,
    displayName: `Stepdown: attack on an AI agent (${key})`,
    description: `An incident of Stepdown that begins with severity ${key}: findings on an AI agent that belong to one attack, with the restrictions they led to. Alerts on what arrives of it first and on a rise of its severity; later states reach the incident through the API.`,
    severity,
    query: ruleQuery(severity, below),
    queryFrequency: 'PT5M',
    queryPeriod: 'P1D',
    entityMappings: ENTITIES,
    customDetails: CUSTOM_DETAILS,
    alertDetailsOverride: {
      alertDisplayNameFormat: `{{IncidentTitle}} [${TITLE_MARK}{{IncidentId}}]`,
      alertDescriptionFormat: settings.correlate ? '{{Summary}}' : '#DONT_CORR# {{Summary}}',
      alertTacticsColumnName: 'AttackTactics',
      alertSeverityColumnName: 'AlertSeverity',
    },
    incidentConfiguration: {
      createIncident: settings.incidents === 'rules',
      groupingConfiguration: {
        enabled: true,
        reopenClosedIncident: false,
        lookbackDuration: 'P7D',
        matchingMethod: 'Selected',
        groupByEntities: [],
        groupByAlertDetails: [],
        groupByCustomDetails: ['IncidentId'],
      },
    },
  };
}

/**
 * The service keeps 2 KB of custom details in an alert and drops what is beyond, which could be the ids that alerts are grouped and told
 * apart by; and 256 characters of its name, which ends in the mark by which the incident is found again. So whatever has no length of
 * its own is cut here, with a mark. In characters; a link that is cut would lead nowhere.
 */
const MOST = { title: 200, list: 120, tenant: 64, link: 200 } as const;

const bounded = (value: string, most: number): string =>
  `iff(strlen(${value}) > ${most}, strcat(substring(${value}, 0, ${most - 1}), "…"), ${value})`;

function ruleQuery(severity: SentinelSeverity, below: readonly SentinelSeverity[]): string {
  return lines(
    '// Alerts of the last day, by the id each carries: the windows of two runs overlap.',
    'let Alerted = union isfuzzy=true',
    '    (datatable(TimeGenerated: datetime, ExtendedProperties: string) []),',
    '    (SecurityAlert | project TimeGenerated, ExtendedProperties)',
    '| where TimeGenerated > ago(1d) and ExtendedProperties has "AlertId"',
    '| extend Details = parse_json(tostring(parse_json(ExtendedProperties)["Custom Details"]))',
    '| extend AlertId = tostring(Details.AlertId[0])',
    '| where isnotempty(AlertId)',
    '| distinct AlertId;',
    T.incidents,
    '| where isnotempty(AlertReason)',
    `| where SeverityPath has "${severity}"`,
    ...below.map((less) => `| where not(SeverityPath has "${less}")`),
    '| extend IngestedAt = ingestion_time()',
    '// The copy that came first: a repeat that comes late alerts nobody.',
    '| summarize arg_min(IngestedAt, *) by AlertId',
    '| where IngestedAt > ago(10m)',
    '| join kind=leftanti Alerted on AlertId',
    '| extend AccountName = tostring(split(UserName, "@")[0]),',
    '    AccountUPNSuffix = iff(UserName has "@", tostring(split(UserName, "@")[1]), ""),',
    '    AccountObjectId = iff(UserName matches regex "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", UserName, "")',
    `| extend AgentList = ${bounded('strcat_array(Agents, ", ")', MOST.list)},`,
    `    SessionList = ${bounded('strcat_array(Sessions, ", ")', MOST.list)},`,
    `    FindingTypeList = ${bounded('strcat_array(FindingTypes, ", ")', MOST.list)},`,
    `    AtlasList = ${bounded('strcat_array(AtlasTechniques, ", ")', MOST.list)},`,
    `    OwaspList = ${bounded('strcat_array(OwaspRisks, ", ")', MOST.list)},`,
    `    PillarList = ${bounded('strcat_array(Pillars, ", ")', MOST.list)},`,
    `    PlaybookList = ${bounded('strcat_array(Playbooks, ", ")', MOST.list)}`,
    `| extend IncidentTitle = ${bounded('IncidentTitle', MOST.title)}, StepdownTenant = ${bounded('StepdownTenant', MOST.tenant)},`,
    `    ExplainLink = iff(strlen(ExplainLink) > ${MOST.link}, "", ExplainLink)`,
    '| extend Summary = strcat(iff(AlertReason == "severity", "Its severity rose. ", ""),',
    '    iff(Mode == "enforce", strcat(tostring(ContractionCount), " restriction(s) in force or ended. "), "Nothing was restricted: its playbooks observe. "),',
    '    tostring(FindingCount), " finding(s): ", FindingTypeList, ". Agents: ", AgentList, ". ATLAS: ", AtlasList, ". Read it: ", ExplainCommand)',
    '| project TimeGenerated, EventTime, IncidentId, AlertId, RecordVersion, StepdownTenant, IncidentTitle, AlertSeverity, AlertReason, Mode,',
    '    AgentName, AccountName, AccountUPNSuffix, AccountObjectId, AgentList, SessionList, FindingTypeList, Confidence, AtlasList, OwaspList,',
    '    PillarList, ContractionCount, PlaybookList, AttackTactics, ExplainCommand, ExplainLink, LiftCommand, Summary',
  );
}
