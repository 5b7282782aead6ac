/** The workbook: what a shift looks at. Each part is a query over the tables of one time range. */
import { CONTRACTIONS_NOW, DECISIONS_ONCE, FINDINGS_ONCE, INCIDENTS_NOW, lines } from './kql.js';

export interface WorkbookPart {
  key: string;
  title: string;
  visualization: 'timechart' | 'table' | 'barchart' | 'tiles';
  query: string;
}

export const PARTS: readonly WorkbookPart[] = [
  {
    key: 'incidents',
    title: 'Incidents, newest first',
    visualization: 'table',
    query: lines(
      INCIDENTS_NOW,
      '| where isempty(MergedInto)',
      '| project EventTime, AlertSeverity, IncidentStatus, Mode, IncidentTitle, AgentName, FindingCount, ContractionCount, Verdict, IncidentId',
      '| order by EventTime desc',
      '| take 100',
    ),
  },
  {
    key: 'risk-by-agent',
    title: 'Risk by agent, 0 to 100: what its findings of an hour come to, 1 − Π(1 − confidence × weight)',
    visualization: 'timechart',
    query: lines(
      FINDINGS_ONCE,
      '| extend Weight = case(AlertSeverity == "High", 1.0, AlertSeverity == "Medium", 0.6, AlertSeverity == "Low", 0.3, 0.1)',
      '| summarize Risk = round(100 * (1 - exp(sum(log(1 - min_of(0.99, Confidence * Weight))))), 1) by AgentName, bin(EventTime, 1h)',
      '| order by EventTime asc',
    ),
  },
  {
    key: 'active-contractions',
    title: 'Active contractions, by the time they have left at most',
    visualization: 'table',
    query: lines(
      CONTRACTIONS_NOW,
      '| where ContractionState in ("active", "awaiting_approval", "ending") and EndsAtLatest > now()',
      '| extend TimeLeft = EndsAtLatest - now()',
      '| project TimeLeft, ContractionState, Mode, TargetType, Target = coalesce(TargetName, UserName), ControlNames, PlaybookId, EndsWhen, Attempts, LastChange, LiftCommand',
      '| order by TimeLeft asc',
    ),
  },
  {
    key: 'blocked-calls',
    title: 'Blocked calls and calls that had to be approved',
    visualization: 'barchart',
    query: lines(
      DECISIONS_ONCE,
      '| summarize Calls = count() by ActionName, DecisionVerdict',
      '| order by Calls desc',
      '| take 30',
    ),
  },
  {
    key: 'top-findings',
    title: 'Top findings',
    visualization: 'table',
    query: lines(
      FINDINGS_ONCE,
      '| summarize Findings = count(), AgentCount = dcount(AgentName), Surest = round(max(Confidence), 2), LastSeen = max(EventTime) by FindingType, AlertSeverity',
      '| order by Findings desc',
      '| take 30',
    ),
  },
  {
    key: 'coverage-by-pillar',
    title: 'Coverage by Zero Trust pillar: what was found, and what was restricted for it',
    visualization: 'table',
    query: lines(
      'let Pillars = datatable(Pillar: string) ["identity", "devices", "network", "applications", "data", "infrastructure", "governance"];',
      `let Found = ${FINDINGS_ONCE}`,
      '| summarize Findings = count(), FindingTypes = make_set(FindingType, 50), AgentCount = dcount(AgentName) by Pillar;',
      `let Answered = ${INCIDENTS_NOW}`,
      '| where Mode == "enforce" and ContractionCount > 0',
      '| mv-expand Pillar = Pillars to typeof(string)',
      '| summarize Incidents = dcount(IncidentId) by Pillar;',
      'Pillars',
      '| join kind=leftouter Found on Pillar',
      '| join kind=leftouter Answered on Pillar',
      '| project Pillar, Findings = coalesce(Findings, 0), FindingTypes, AgentCount = coalesce(AgentCount, 0), IncidentsWithRestrictions = coalesce(Incidents, 0)',
      '| order by Findings desc',
    ),
  },
];

export const WORKBOOK_ID = '9d0a6f1c-4b1e-4c8a-8b5e-1c2d3e4f5a01';
export const WORKBOOK_NAME = 'Stepdown: agents under attack';

/** In the form workbooks are kept in. */
export function workbook(): Record<string, unknown> {
  return {
    version: 'Notebook/1.0',
    items: [
      {
        type: 1,
        content: {
          json: `# ${WORKBOOK_NAME}\nWhat befell AI agents, what was restricted because of it, and for how long.`,
        },
        name: 'title',
      },
      {
        type: 9,
        content: {
          version: 'KqlParameterItem/1.0',
          parameters: [
            {
              id: '0b7a2f5e-1a7c-4c0e-9d55-6f0a2b3c4d01',
              version: 'KqlParameterItem/1.0',
              name: 'TimeRange',
              type: 4,
              isRequired: true,
              value: { durationMs: 86_400_000 },
              typeSettings: {
                selectableValues: [3_600_000, 14_400_000, 86_400_000, 604_800_000, 2_592_000_000].map((durationMs) => ({
                  durationMs,
                })),
                allowCustom: true,
              },
            },
          ],
          style: 'pills',
          queryType: 0,
          resourceType: 'microsoft.operationalinsights/workspaces',
        },
        name: 'parameters',
      },
      ...PARTS.map(({ key, title, visualization, query }) => ({
        type: 3,
        content: {
          version: 'KqlItem/1.0',
          query,
          size: 0,
          title,
          timeContextFromParameter: 'TimeRange',
          queryType: 0,
          resourceType: 'microsoft.operationalinsights/workspaces',
          visualization,
        },
        name: key,
      })),
    ],
    fallbackResourceIds: [],
    fromTemplateId: 'sentinel-Stepdown',
    $schema: 'https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json',
  };
}
