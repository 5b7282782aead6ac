metadata description = 'Stepdown in Microsoft Sentinel: tables, data collection rule, analytics rules, hunting queries, workbook, parser.'

@description('The Log Analytics workspace that Sentinel is enabled on.')
param workspaceName string

@description('The region of the workspace; the data collection rule must be there too.')
param location string

@description('The object id of the identity that Stepdown runs under. Empty: no roles are assigned, and somebody else has to.')
param principalId string = ''

@description('What that identity is.')
@allowed([
  'ServicePrincipal'
  'User'
  'Group'
])
param principalType string = 'ServicePrincipal'

@description('The name of the data collection rule.')
param dataCollectionRuleName string = 'stepdown'

@description('How long rows can be queried.')
param retentionInDays int = 90

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource tableIncidents 'Microsoft.OperationalInsights/workspaces/tables@2022-10-01' = {
  parent: workspace
  name: 'StepdownIncidents_CL'
  properties: {
    plan: 'Analytics'
    retentionInDays: retentionInDays
    schema: {
      name: 'StepdownIncidents_CL'
      description: 'One row per incident and version that was sent; the highest RecordVersion is how it stands.'
      columns: [
        {
          name: 'TimeGenerated'
          type: 'dateTime'
          description: 'When the row was sent. Rules look back by it.'
        }
        {
          name: 'EventTime'
          type: 'dateTime'
          description: 'When it happened.'
        }
        {
          name: 'RowId'
          type: 'string'
          description: 'The same for every repeat of a row: keep one of each.'
        }
        {
          name: 'RowSchema'
          type: 'int'
          description: 'Which description of these columns the row follows.'
        }
        {
          name: 'StepdownVersion'
          type: 'string'
          description: 'The program that sent it.'
        }
        {
          name: 'StepdownTenant'
          type: 'string'
          description: 'Whose data it is, as Stepdown divides it.'
        }
        {
          name: 'RecordVersion'
          type: 'int'
          description: 'Rises with every state of the incident.'
        }
        {
          name: 'IncidentId'
          type: 'string'
          description: 'One attack keeps one id for life.'
        }
        {
          name: 'IncidentTitle'
          type: 'string'
          description: 'What a person reads first.'
        }
        {
          name: 'IncidentStatus'
          type: 'string'
          description: 'new, active or closed.'
        }
        {
          name: 'AlertSeverity'
          type: 'string'
          description: 'Informational, Low, Medium or High.'
        }
        {
          name: 'AlertReason'
          type: 'string'
          description: 'Why a rule alerts on this row: `first` or `severity`; empty: no rule does.'
        }
        {
          name: 'AlertId'
          type: 'string'
          description: 'Names the alert: an incident alerts at most once per severity.'
        }
        {
          name: 'SeverityPath'
          type: 'string'
          description: 'Each severity to which it rose, in order, e.g. `Medium, High`; the first decides which rule has it for life.'
        }
        {
          name: 'Mode'
          type: 'string'
          description: '`observe`: nothing was restricted; `enforce`.'
        }
        {
          name: 'OpenedAt'
          type: 'dateTime'
          description: 'When the incident began.'
        }
        {
          name: 'ClosedAt'
          type: 'dateTime'
          description: 'When it was closed.'
        }
        {
          name: 'Verdict'
          type: 'string'
          description: 'What a person judged: true, false or benign.'
        }
        {
          name: 'VerdictBy'
          type: 'string'
          description: 'Who judged.'
        }
        {
          name: 'VerdictReason'
          type: 'string'
          description: 'Why.'
        }
        {
          name: 'MergedInto'
          type: 'string'
          description: 'The incident it turned out to belong to.'
        }
        {
          name: 'AgentName'
          type: 'string'
          description: 'The first agent of the story; an entity of the alert (CloudApplication).'
        }
        {
          name: 'UserName'
          type: 'string'
          description: 'The first user of the story; an entity of the alert (Account).'
        }
        {
          name: 'Agents'
          type: 'dynamic'
          description: 'Every agent that the attack reached.'
        }
        {
          name: 'Users'
          type: 'dynamic'
          description: 'Every user.'
        }
        {
          name: 'Sessions'
          type: 'dynamic'
          description: 'Every conversation.'
        }
        {
          name: 'TraceIds'
          type: 'dynamic'
          description: 'W3C trace ids, to find it in traces.'
        }
        {
          name: 'FindingCount'
          type: 'int'
          description: 'How many findings make it up.'
        }
        {
          name: 'FindingTypes'
          type: 'dynamic'
          description: 'Their types, each once.'
        }
        {
          name: 'Confidence'
          type: 'real'
          description: 'Of the surest finding, 0 to 1.'
        }
        {
          name: 'Findings'
          type: 'dynamic'
          description: 'Id, type, title, severity, confidence, time, agent and session of each.'
        }
        {
          name: 'ContractionCount'
          type: 'int'
          description: 'How many restrictions it led to.'
        }
        {
          name: 'ContractionIds'
          type: 'dynamic'
          description: 'Which; see StepdownContractions_CL.'
        }
        {
          name: 'Playbooks'
          type: 'dynamic'
          description: 'Name and version of each playbook that acted.'
        }
        {
          name: 'AtlasTechniques'
          type: 'dynamic'
          description: 'MITRE ATLAS techniques.'
        }
        {
          name: 'OwaspRisks'
          type: 'dynamic'
          description: 'OWASP Agentic Security Initiative risks.'
        }
        {
          name: 'Pillars'
          type: 'dynamic'
          description: 'Zero Trust pillars that were hit.'
        }
        {
          name: 'AttackTactics'
          type: 'string'
          description: 'MITRE ATT&CK tactics, comma separated, and only where a finding proves one.'
        }
        {
          name: 'Timeline'
          type: 'dynamic'
          description: 'What happened, in order.'
        }
        {
          name: 'TimelineDropped'
          type: 'int'
          description: 'Lines left out of it.'
        }
        {
          name: 'DigestOf'
          type: 'string'
          description: 'On a digest: the playbook whose incidents it stands for.'
        }
        {
          name: 'HeldBack'
          type: 'int'
          description: 'How many of them.'
        }
        {
          name: 'ExplainLink'
          type: 'string'
          description: 'The incident in the engine’s API.'
        }
        {
          name: 'ExplainCommand'
          type: 'string'
          description: 'Tells the whole story.'
        }
        {
          name: 'LiftCommand'
          type: 'string'
          description: 'Judges it as a false alarm, which lifts its restrictions.'
        }
        {
          name: 'Truncated'
          type: 'dynamic'
          description: 'Columns that were too long for the service and were cut; each says so at its end.'
        }
        {
          name: 'Redacted'
          type: 'dynamic'
          description: 'Columns of which something was masked, hashed or left out before sending.'
        }
      ]
    }
  }
}

resource tableFindings 'Microsoft.OperationalInsights/workspaces/tables@2022-10-01' = {
  parent: workspace
  name: 'StepdownFindings_CL'
  properties: {
    plan: 'Analytics'
    retentionInDays: retentionInDays
    schema: {
      name: 'StepdownFindings_CL'
      description: 'One row per finding: what a detector states, with evidence.'
      columns: [
        {
          name: 'TimeGenerated'
          type: 'dateTime'
          description: 'When the row was sent. Rules look back by it.'
        }
        {
          name: 'EventTime'
          type: 'dateTime'
          description: 'When it happened.'
        }
        {
          name: 'RowId'
          type: 'string'
          description: 'The same for every repeat of a row: keep one of each.'
        }
        {
          name: 'RowSchema'
          type: 'int'
          description: 'Which description of these columns the row follows.'
        }
        {
          name: 'StepdownVersion'
          type: 'string'
          description: 'The program that sent it.'
        }
        {
          name: 'StepdownTenant'
          type: 'string'
          description: 'Whose data it is, as Stepdown divides it.'
        }
        {
          name: 'FindingId'
          type: 'string'
          description: 'The same statement always has the same id.'
        }
        {
          name: 'FindingType'
          type: 'string'
          description: 'Dotted name; see docs/findings.md.'
        }
        {
          name: 'FindingTitle'
          type: 'string'
          description: 'What a person reads first.'
        }
        {
          name: 'Detector'
          type: 'string'
          description: 'What stated it.'
        }
        {
          name: 'AlertSeverity'
          type: 'string'
          description: 'Informational, Low, Medium or High.'
        }
        {
          name: 'Confidence'
          type: 'real'
          description: 'A calibrated probability.'
        }
        {
          name: 'AgentName'
          type: 'string'
          description: 'The agent.'
        }
        {
          name: 'Blueprint'
          type: 'string'
          description: 'The kind of agent.'
        }
        {
          name: 'SessionId'
          type: 'string'
          description: 'The conversation.'
        }
        {
          name: 'UserName'
          type: 'string'
          description: 'Whose conversation.'
        }
        {
          name: 'Tool'
          type: 'string'
          description: 'The tool.'
        }
        {
          name: 'Model'
          type: 'string'
          description: 'The model.'
        }
        {
          name: 'TraceId'
          type: 'string'
          description: 'W3C trace id.'
        }
        {
          name: 'Trust'
          type: 'string'
          description: 'How the identities were established.'
        }
        {
          name: 'Origin'
          type: 'string'
          description: 'Where the suspicious content came from.'
        }
        {
          name: 'Observed'
          type: 'string'
          description: 'What was seen.'
        }
        {
          name: 'Expected'
          type: 'string'
          description: 'What the agent’s own past makes likely.'
        }
        {
          name: 'SampleSize'
          type: 'real'
          description: 'How much that rests on.'
        }
        {
          name: 'EvidenceText'
          type: 'string'
          description: 'The suspicious span.'
        }
        {
          name: 'ContentHash'
          type: 'string'
          description: 'SHA-256 of the text the span is in.'
        }
        {
          name: 'EventIds'
          type: 'dynamic'
          description: 'The events it rests on.'
        }
        {
          name: 'Facts'
          type: 'dynamic'
          description: 'Whatever else the detector noted.'
        }
        {
          name: 'Predicted'
          type: 'dynamic'
          description: 'Calls that the attacker wants next.'
        }
        {
          name: 'AtlasTechniques'
          type: 'dynamic'
          description: 'MITRE ATLAS techniques.'
        }
        {
          name: 'OwaspRisks'
          type: 'dynamic'
          description: 'OWASP Agentic Security Initiative risks.'
        }
        {
          name: 'Pillar'
          type: 'string'
          description: 'Zero Trust pillar.'
        }
        {
          name: 'Learning'
          type: 'boolean'
          description: 'The agent’s baseline was still being learned.'
        }
        {
          name: 'Truncated'
          type: 'dynamic'
          description: 'Columns that were too long for the service and were cut; each says so at its end.'
        }
        {
          name: 'Redacted'
          type: 'dynamic'
          description: 'Columns of which something was masked, hashed or left out before sending.'
        }
      ]
    }
  }
}

resource tableContractions 'Microsoft.OperationalInsights/workspaces/tables@2022-10-01' = {
  parent: workspace
  name: 'StepdownContractions_CL'
  properties: {
    plan: 'Analytics'
    retentionInDays: retentionInDays
    schema: {
      name: 'StepdownContractions_CL'
      description: 'One row per contraction and change of state, length or effect; the highest RecordVersion is how it stands.'
      columns: [
        {
          name: 'TimeGenerated'
          type: 'dateTime'
          description: 'When the row was sent. Rules look back by it.'
        }
        {
          name: 'EventTime'
          type: 'dateTime'
          description: 'When it happened.'
        }
        {
          name: 'RowId'
          type: 'string'
          description: 'The same for every repeat of a row: keep one of each.'
        }
        {
          name: 'RowSchema'
          type: 'int'
          description: 'Which description of these columns the row follows.'
        }
        {
          name: 'StepdownVersion'
          type: 'string'
          description: 'The program that sent it.'
        }
        {
          name: 'StepdownTenant'
          type: 'string'
          description: 'Whose data it is, as Stepdown divides it.'
        }
        {
          name: 'RecordVersion'
          type: 'int'
          description: 'Rises with every change; not every version is sent.'
        }
        {
          name: 'ContractionId'
          type: 'string'
          description: 'The restriction.'
        }
        {
          name: 'ContractionState'
          type: 'string'
          description: 'proposed, awaiting_approval, active, ending or ended.'
        }
        {
          name: 'Mode'
          type: 'string'
          description: '`observe`: it is recorded and touches nothing.'
        }
        {
          name: 'TargetType'
          type: 'string'
          description: 'What is restricted.'
        }
        {
          name: 'TargetName'
          type: 'string'
          description: 'Which one, where it is no person.'
        }
        {
          name: 'UserName'
          type: 'string'
          description: 'Which one, where it is a person.'
        }
        {
          name: 'ControlNames'
          type: 'dynamic'
          description: 'Which restrictions, e.g. tool.block.'
        }
        {
          name: 'Controls'
          type: 'dynamic'
          description: 'The restrictions in full.'
        }
        {
          name: 'PlaybookId'
          type: 'string'
          description: 'The playbook that made it.'
        }
        {
          name: 'PlaybookVersion'
          type: 'int'
          description: 'At which version.'
        }
        {
          name: 'ManualBy'
          type: 'string'
          description: 'The person who made it by hand.'
        }
        {
          name: 'IncidentId'
          type: 'string'
          description: 'The incident it belongs to.'
        }
        {
          name: 'FindingIds'
          type: 'dynamic'
          description: 'What it answers.'
        }
        {
          name: 'CreatedAt'
          type: 'dateTime'
          description: 'When it was made.'
        }
        {
          name: 'LeaseUntil'
          type: 'dateTime'
          description: 'Until when points keep it without hearing from the engine; renewals are not sent.'
        }
        {
          name: 'EndsAtLatest'
          type: 'dateTime'
          description: 'It never lasts beyond this without a person.'
        }
        {
          name: 'EndsWhen'
          type: 'string'
          description: 'What ends it before: quiet, session-end, alert-resolved, verdict or time.'
        }
        {
          name: 'Attempts'
          type: 'int'
          description: 'Calls it has stopped so far.'
        }
        {
          name: 'EndedAt'
          type: 'dateTime'
          description: 'When it ended.'
        }
        {
          name: 'EndReason'
          type: 'string'
          description: 'Why.'
        }
        {
          name: 'Effects'
          type: 'dynamic'
          description: 'Each control at each enforcement point, and its state there.'
        }
        {
          name: 'LastChange'
          type: 'string'
          description: 'What happened last, by whom and why.'
        }
        {
          name: 'LiftCommand'
          type: 'string'
          description: 'Ends it now.'
        }
        {
          name: 'Truncated'
          type: 'dynamic'
          description: 'Columns that were too long for the service and were cut; each says so at its end.'
        }
        {
          name: 'Redacted'
          type: 'dynamic'
          description: 'Columns of which something was masked, hashed or left out before sending.'
        }
      ]
    }
  }
}

resource tableDecisions 'Microsoft.OperationalInsights/workspaces/tables@2022-10-01' = {
  parent: workspace
  name: 'StepdownDecisions_CL'
  properties: {
    plan: 'Analytics'
    retentionInDays: retentionInDays
    schema: {
      name: 'StepdownDecisions_CL'
      description: 'One row per decision; by default only what was blocked or had to be approved.'
      columns: [
        {
          name: 'TimeGenerated'
          type: 'dateTime'
          description: 'When the row was sent. Rules look back by it.'
        }
        {
          name: 'EventTime'
          type: 'dateTime'
          description: 'When it happened.'
        }
        {
          name: 'RowId'
          type: 'string'
          description: 'The same for every repeat of a row: keep one of each.'
        }
        {
          name: 'RowSchema'
          type: 'int'
          description: 'Which description of these columns the row follows.'
        }
        {
          name: 'StepdownVersion'
          type: 'string'
          description: 'The program that sent it.'
        }
        {
          name: 'StepdownTenant'
          type: 'string'
          description: 'Whose data it is, as Stepdown divides it.'
        }
        {
          name: 'DecisionId'
          type: 'string'
          description: 'The answer.'
        }
        {
          name: 'DecisionVerdict'
          type: 'string'
          description: 'allow, needs_approval or block.'
        }
        {
          name: 'ActionKind'
          type: 'string'
          description: 'tool, model, retrieval, message or result.'
        }
        {
          name: 'ActionName'
          type: 'string'
          description: 'Its name, without arguments.'
        }
        {
          name: 'AgentName'
          type: 'string'
          description: 'Who asked.'
        }
        {
          name: 'SessionId'
          type: 'string'
          description: 'In which conversation.'
        }
        {
          name: 'UserName'
          type: 'string'
          description: 'For whom.'
        }
        {
          name: 'TraceId'
          type: 'string'
          description: 'W3C trace id.'
        }
        {
          name: 'ContractionIds'
          type: 'dynamic'
          description: 'The restrictions that made it so.'
        }
        {
          name: 'Playbooks'
          type: 'dynamic'
          description: 'The playbooks behind them.'
        }
        {
          name: 'FindingIds'
          type: 'dynamic'
          description: 'The findings behind those.'
        }
        {
          name: 'WouldBeVerdict'
          type: 'string'
          description: 'What it would be if observing playbooks enforced.'
        }
        {
          name: 'ReasonCode'
          type: 'string'
          description: 'Why, as a word.'
        }
        {
          name: 'ReasonText'
          type: 'string'
          description: 'Why, as a sentence.'
        }
        {
          name: 'NotChecked'
          type: 'dynamic'
          description: 'What was not looked at, and why.'
        }
        {
          name: 'StalenessMs'
          type: 'real'
          description: 'Age of the newest knowledge it rests on.'
        }
        {
          name: 'Point'
          type: 'string'
          description: 'The decision point.'
        }
        {
          name: 'Truncated'
          type: 'dynamic'
          description: 'Columns that were too long for the service and were cut; each says so at its end.'
        }
        {
          name: 'Redacted'
          type: 'dynamic'
          description: 'Columns of which something was masked, hashed or left out before sending.'
        }
      ]
    }
  }
}

resource collectionRule 'Microsoft.Insights/dataCollectionRules@2023-03-11' = {
  name: dataCollectionRuleName
  location: location
  kind: 'Direct'
  properties: {
    description: 'Takes what Stepdown sends: one stream per table, nothing changed on the way.'
    streamDeclarations: {
      'Custom-StepdownIncidents_CL': {
        columns: [
          {
            name: 'TimeGenerated'
            type: 'datetime'
          }
          {
            name: 'EventTime'
            type: 'datetime'
          }
          {
            name: 'RowId'
            type: 'string'
          }
          {
            name: 'RowSchema'
            type: 'int'
          }
          {
            name: 'StepdownVersion'
            type: 'string'
          }
          {
            name: 'StepdownTenant'
            type: 'string'
          }
          {
            name: 'RecordVersion'
            type: 'int'
          }
          {
            name: 'IncidentId'
            type: 'string'
          }
          {
            name: 'IncidentTitle'
            type: 'string'
          }
          {
            name: 'IncidentStatus'
            type: 'string'
          }
          {
            name: 'AlertSeverity'
            type: 'string'
          }
          {
            name: 'AlertReason'
            type: 'string'
          }
          {
            name: 'AlertId'
            type: 'string'
          }
          {
            name: 'SeverityPath'
            type: 'string'
          }
          {
            name: 'Mode'
            type: 'string'
          }
          {
            name: 'OpenedAt'
            type: 'datetime'
          }
          {
            name: 'ClosedAt'
            type: 'datetime'
          }
          {
            name: 'Verdict'
            type: 'string'
          }
          {
            name: 'VerdictBy'
            type: 'string'
          }
          {
            name: 'VerdictReason'
            type: 'string'
          }
          {
            name: 'MergedInto'
            type: 'string'
          }
          {
            name: 'AgentName'
            type: 'string'
          }
          {
            name: 'UserName'
            type: 'string'
          }
          {
            name: 'Agents'
            type: 'dynamic'
          }
          {
            name: 'Users'
            type: 'dynamic'
          }
          {
            name: 'Sessions'
            type: 'dynamic'
          }
          {
            name: 'TraceIds'
            type: 'dynamic'
          }
          {
            name: 'FindingCount'
            type: 'int'
          }
          {
            name: 'FindingTypes'
            type: 'dynamic'
          }
          {
            name: 'Confidence'
            type: 'real'
          }
          {
            name: 'Findings'
            type: 'dynamic'
          }
          {
            name: 'ContractionCount'
            type: 'int'
          }
          {
            name: 'ContractionIds'
            type: 'dynamic'
          }
          {
            name: 'Playbooks'
            type: 'dynamic'
          }
          {
            name: 'AtlasTechniques'
            type: 'dynamic'
          }
          {
            name: 'OwaspRisks'
            type: 'dynamic'
          }
          {
            name: 'Pillars'
            type: 'dynamic'
          }
          {
            name: 'AttackTactics'
            type: 'string'
          }
          {
            name: 'Timeline'
            type: 'dynamic'
          }
          {
            name: 'TimelineDropped'
            type: 'int'
          }
          {
            name: 'DigestOf'
            type: 'string'
          }
          {
            name: 'HeldBack'
            type: 'int'
          }
          {
            name: 'ExplainLink'
            type: 'string'
          }
          {
            name: 'ExplainCommand'
            type: 'string'
          }
          {
            name: 'LiftCommand'
            type: 'string'
          }
          {
            name: 'Truncated'
            type: 'dynamic'
          }
          {
            name: 'Redacted'
            type: 'dynamic'
          }
        ]
      }
      'Custom-StepdownFindings_CL': {
        columns: [
          {
            name: 'TimeGenerated'
            type: 'datetime'
          }
          {
            name: 'EventTime'
            type: 'datetime'
          }
          {
            name: 'RowId'
            type: 'string'
          }
          {
            name: 'RowSchema'
            type: 'int'
          }
          {
            name: 'StepdownVersion'
            type: 'string'
          }
          {
            name: 'StepdownTenant'
            type: 'string'
          }
          {
            name: 'FindingId'
            type: 'string'
          }
          {
            name: 'FindingType'
            type: 'string'
          }
          {
            name: 'FindingTitle'
            type: 'string'
          }
          {
            name: 'Detector'
            type: 'string'
          }
          {
            name: 'AlertSeverity'
            type: 'string'
          }
          {
            name: 'Confidence'
            type: 'real'
          }
          {
            name: 'AgentName'
            type: 'string'
          }
          {
            name: 'Blueprint'
            type: 'string'
          }
          {
            name: 'SessionId'
            type: 'string'
          }
          {
            name: 'UserName'
            type: 'string'
          }
          {
            name: 'Tool'
            type: 'string'
          }
          {
            name: 'Model'
            type: 'string'
          }
          {
            name: 'TraceId'
            type: 'string'
          }
          {
            name: 'Trust'
            type: 'string'
          }
          {
            name: 'Origin'
            type: 'string'
          }
          {
            name: 'Observed'
            type: 'string'
          }
          {
            name: 'Expected'
            type: 'string'
          }
          {
            name: 'SampleSize'
            type: 'real'
          }
          {
            name: 'EvidenceText'
            type: 'string'
          }
          {
            name: 'ContentHash'
            type: 'string'
          }
          {
            name: 'EventIds'
            type: 'dynamic'
          }
          {
            name: 'Facts'
            type: 'dynamic'
          }
          {
            name: 'Predicted'
            type: 'dynamic'
          }
          {
            name: 'AtlasTechniques'
            type: 'dynamic'
          }
          {
            name: 'OwaspRisks'
            type: 'dynamic'
          }
          {
            name: 'Pillar'
            type: 'string'
          }
          {
            name: 'Learning'
            type: 'boolean'
          }
          {
            name: 'Truncated'
            type: 'dynamic'
          }
          {
            name: 'Redacted'
            type: 'dynamic'
          }
        ]
      }
      'Custom-StepdownContractions_CL': {
        columns: [
          {
            name: 'TimeGenerated'
            type: 'datetime'
          }
          {
            name: 'EventTime'
            type: 'datetime'
          }
          {
            name: 'RowId'
            type: 'string'
          }
          {
            name: 'RowSchema'
            type: 'int'
          }
          {
            name: 'StepdownVersion'
            type: 'string'
          }
          {
            name: 'StepdownTenant'
            type: 'string'
          }
          {
            name: 'RecordVersion'
            type: 'int'
          }
          {
            name: 'ContractionId'
            type: 'string'
          }
          {
            name: 'ContractionState'
            type: 'string'
          }
          {
            name: 'Mode'
            type: 'string'
          }
          {
            name: 'TargetType'
            type: 'string'
          }
          {
            name: 'TargetName'
            type: 'string'
          }
          {
            name: 'UserName'
            type: 'string'
          }
          {
            name: 'ControlNames'
            type: 'dynamic'
          }
          {
            name: 'Controls'
            type: 'dynamic'
          }
          {
            name: 'PlaybookId'
            type: 'string'
          }
          {
            name: 'PlaybookVersion'
            type: 'int'
          }
          {
            name: 'ManualBy'
            type: 'string'
          }
          {
            name: 'IncidentId'
            type: 'string'
          }
          {
            name: 'FindingIds'
            type: 'dynamic'
          }
          {
            name: 'CreatedAt'
            type: 'datetime'
          }
          {
            name: 'LeaseUntil'
            type: 'datetime'
          }
          {
            name: 'EndsAtLatest'
            type: 'datetime'
          }
          {
            name: 'EndsWhen'
            type: 'string'
          }
          {
            name: 'Attempts'
            type: 'int'
          }
          {
            name: 'EndedAt'
            type: 'datetime'
          }
          {
            name: 'EndReason'
            type: 'string'
          }
          {
            name: 'Effects'
            type: 'dynamic'
          }
          {
            name: 'LastChange'
            type: 'string'
          }
          {
            name: 'LiftCommand'
            type: 'string'
          }
          {
            name: 'Truncated'
            type: 'dynamic'
          }
          {
            name: 'Redacted'
            type: 'dynamic'
          }
        ]
      }
      'Custom-StepdownDecisions_CL': {
        columns: [
          {
            name: 'TimeGenerated'
            type: 'datetime'
          }
          {
            name: 'EventTime'
            type: 'datetime'
          }
          {
            name: 'RowId'
            type: 'string'
          }
          {
            name: 'RowSchema'
            type: 'int'
          }
          {
            name: 'StepdownVersion'
            type: 'string'
          }
          {
            name: 'StepdownTenant'
            type: 'string'
          }
          {
            name: 'DecisionId'
            type: 'string'
          }
          {
            name: 'DecisionVerdict'
            type: 'string'
          }
          {
            name: 'ActionKind'
            type: 'string'
          }
          {
            name: 'ActionName'
            type: 'string'
          }
          {
            name: 'AgentName'
            type: 'string'
          }
          {
            name: 'SessionId'
            type: 'string'
          }
          {
            name: 'UserName'
            type: 'string'
          }
          {
            name: 'TraceId'
            type: 'string'
          }
          {
            name: 'ContractionIds'
            type: 'dynamic'
          }
          {
            name: 'Playbooks'
            type: 'dynamic'
          }
          {
            name: 'FindingIds'
            type: 'dynamic'
          }
          {
            name: 'WouldBeVerdict'
            type: 'string'
          }
          {
            name: 'ReasonCode'
            type: 'string'
          }
          {
            name: 'ReasonText'
            type: 'string'
          }
          {
            name: 'NotChecked'
            type: 'dynamic'
          }
          {
            name: 'StalenessMs'
            type: 'real'
          }
          {
            name: 'Point'
            type: 'string'
          }
          {
            name: 'Truncated'
            type: 'dynamic'
          }
          {
            name: 'Redacted'
            type: 'dynamic'
          }
        ]
      }
    }
    destinations: {
      logAnalytics: [
        {
          workspaceResourceId: workspace.id
          name: 'stepdown'
        }
      ]
    }
    dataFlows: [
      {
        streams: [
          'Custom-StepdownIncidents_CL'
        ]
        destinations: [
          'stepdown'
        ]
        transformKql: 'source'
        outputStream: 'Custom-StepdownIncidents_CL'
      }
      {
        streams: [
          'Custom-StepdownFindings_CL'
        ]
        destinations: [
          'stepdown'
        ]
        transformKql: 'source'
        outputStream: 'Custom-StepdownFindings_CL'
      }
      {
        streams: [
          'Custom-StepdownContractions_CL'
        ]
        destinations: [
          'stepdown'
        ]
        transformKql: 'source'
        outputStream: 'Custom-StepdownContractions_CL'
      }
      {
        streams: [
          'Custom-StepdownDecisions_CL'
        ]
        destinations: [
          'stepdown'
        ]
        transformKql: 'source'
        outputStream: 'Custom-StepdownDecisions_CL'
      }
    ]
  }
  dependsOn: [
    tableIncidents
    tableFindings
    tableContractions
    tableDecisions
  ]
}

resource publisherRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(principalId)) {
  scope: collectionRule
  name: guid(collectionRule.id, principalId, '3913510d-42f4-4e42-8a64-420c390055eb')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '3913510d-42f4-4e42-8a64-420c390055eb')
    principalId: principalId
    principalType: principalType
  }
}

resource responderRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(principalId)) {
  scope: workspace
  name: guid(workspace.id, principalId, '3e150937-b8fe-4cfb-8069-0eaf05ecd056')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '3e150937-b8fe-4cfb-8069-0eaf05ecd056')
    principalId: principalId
    principalType: principalType
  }
}

resource parser 'Microsoft.OperationalInsights/workspaces/savedSearches@2020-08-01' = {
  parent: workspace
  name: '7a1f0c52-0f8e-4c51-9a55-3f1d7b1c9a01'
  properties: {
    category: 'ASIM'
    displayName: 'ASIM AlertEvent parser for Stepdown'
    query: '''
let parser = (disabled: bool = false) { StepdownIncidents_CL
    | summarize arg_max(RecordVersion, *) by IncidentId
    | where not(disabled)
    | extend EventCount = int(1),
        EventStartTime = OpenedAt,
        EventEndTime = coalesce(ClosedAt, EventTime),
        EventType = "Alert",
        EventSubType = "Threat",
        EventUid = RowId,
        EventOriginalUid = IncidentId,
        EventProduct = "Stepdown",
        EventVendor = "Stepdown",
        EventProductVersion = StepdownVersion,
        EventSchema = "AlertEvent",
        EventSchemaVersion = "0.1",
        EventSeverity = AlertSeverity,
        EventOriginalSeverity = AlertSeverity,
        AlertName = IncidentTitle,
        AlertOriginalStatus = IncidentStatus,
        AlertStatus = iff(IncidentStatus == "closed", "Closed", "Active"),
        AlertVerdict = case(Verdict == "true", "True Positive", Verdict == "false", "False Positive", Verdict == "benign", "Benign Positive", "Unknown"),
        DetectionMethod = "Behavioral Analytics",
        RuleName = strcat_array(FindingTypes, ", "),
        ThreatConfidence = toint(round(Confidence * 100)),
        AttackTechniques = strcat_array(AtlasTechniques, ", "),
        Username = UserName,
        UsernameType = iff(UserName has "@", "UPN", "Simple"),
        AdditionalFields = bag_pack("Agents", Agents, "Sessions", Sessions, "OwaspRisks", OwaspRisks, "Pillars", Pillars, "ContractionIds", ContractionIds, "Mode", Mode)
    | extend AlertId = IncidentId, EventMessage = AlertName, User = Username
    | project TimeGenerated, EventCount, EventStartTime, EventEndTime, EventType, EventSubType, EventUid, EventOriginalUid, EventProduct,
        EventVendor, EventProductVersion, EventSchema, EventSchemaVersion, EventSeverity, EventOriginalSeverity, EventMessage, AlertId,
        AlertName, AlertOriginalStatus, AlertStatus, AlertVerdict, DetectionMethod, RuleName, ThreatConfidence, AttackTactics,
        AttackTechniques, User, Username, UsernameType, AdditionalFields };
parser(disabled = disabled)'''
    functionAlias: 'ASimAlertEventStepdown'
    functionParameters: 'disabled: bool = False'
    version: 2
  }
  dependsOn: [
    tableIncidents
    tableFindings
    tableContractions
    tableDecisions
  ]
}

resource ruleInformational 'Microsoft.SecurityInsights/alertRules@2025-09-01' = {
  scope: workspace
  name: '6b0f3d1e-5d0c-4e0a-9a8e-0b6f5a4c1d01'
  kind: 'Scheduled'
  properties: {
    displayName: 'Stepdown: attack on an AI agent (informational)'
    description: 'An incident of Stepdown that begins with severity informational: findings on an AI agent that belong to one attack, with the restrictions they led to. Alerts on what arrives of it first and on a rise of its severity; later states reach the incident through the API.'
    severity: 'Informational'
    enabled: true
    query: '''
// Alerts of the last day, by the id each carries: the windows of two runs overlap.
let Alerted = union isfuzzy=true
    (datatable(TimeGenerated: datetime, ExtendedProperties: string) []),
    (SecurityAlert | project TimeGenerated, ExtendedProperties)
| where TimeGenerated > ago(1d) and ExtendedProperties has "AlertId"
| extend Details = parse_json(tostring(parse_json(ExtendedProperties)["Custom Details"]))
| extend AlertId = tostring(Details.AlertId[0])
| where isnotempty(AlertId)
| distinct AlertId;
StepdownIncidents_CL
| where isnotempty(AlertReason)
| where SeverityPath has "Informational"
| extend IngestedAt = ingestion_time()
// The copy that came first: a repeat that comes late alerts nobody.
| summarize arg_min(IngestedAt, *) by AlertId
| where IngestedAt > ago(10m)
| join kind=leftanti Alerted on AlertId
| extend AccountName = tostring(split(UserName, "@")[0]),
    AccountUPNSuffix = iff(UserName has "@", tostring(split(UserName, "@")[1]), ""),
    AccountObjectId = iff(UserName matches regex "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", UserName, "")
| extend AgentList = iff(strlen(strcat_array(Agents, ", ")) > 120, strcat(substring(strcat_array(Agents, ", "), 0, 119), "…"), strcat_array(Agents, ", ")),
    SessionList = iff(strlen(strcat_array(Sessions, ", ")) > 120, strcat(substring(strcat_array(Sessions, ", "), 0, 119), "…"), strcat_array(Sessions, ", ")),
    FindingTypeList = iff(strlen(strcat_array(FindingTypes, ", ")) > 120, strcat(substring(strcat_array(FindingTypes, ", "), 0, 119), "…"), strcat_array(FindingTypes, ", ")),
    AtlasList = iff(strlen(strcat_array(AtlasTechniques, ", ")) > 120, strcat(substring(strcat_array(AtlasTechniques, ", "), 0, 119), "…"), strcat_array(AtlasTechniques, ", ")),
    OwaspList = iff(strlen(strcat_array(OwaspRisks, ", ")) > 120, strcat(substring(strcat_array(OwaspRisks, ", "), 0, 119), "…"), strcat_array(OwaspRisks, ", ")),
    PillarList = iff(strlen(strcat_array(Pillars, ", ")) > 120, strcat(substring(strcat_array(Pillars, ", "), 0, 119), "…"), strcat_array(Pillars, ", ")),
    PlaybookList = iff(strlen(strcat_array(Playbooks, ", ")) > 120, strcat(substring(strcat_array(Playbooks, ", "), 0, 119), "…"), strcat_array(Playbooks, ", "))
| extend IncidentTitle = iff(strlen(IncidentTitle) > 200, strcat(substring(IncidentTitle, 0, 199), "…"), IncidentTitle), StepdownTenant = iff(strlen(StepdownTenant) > 64, strcat(substring(StepdownTenant, 0, 63), "…"), StepdownTenant),
    ExplainLink = iff(strlen(ExplainLink) > 200, "", ExplainLink)
| extend Summary = strcat(iff(AlertReason == "severity", "Its severity rose. ", ""),
    iff(Mode == "enforce", strcat(tostring(ContractionCount), " restriction(s) in force or ended. "), "Nothing was restricted: its playbooks observe. "),
    tostring(FindingCount), " finding(s): ", FindingTypeList, ". Agents: ", AgentList, ". ATLAS: ", AtlasList, ". Read it: ", ExplainCommand)
| project TimeGenerated, EventTime, IncidentId, AlertId, RecordVersion, StepdownTenant, IncidentTitle, AlertSeverity, AlertReason, Mode,
    AgentName, AccountName, AccountUPNSuffix, AccountObjectId, AgentList, SessionList, FindingTypeList, Confidence, AtlasList, OwaspList,
    PillarList, ContractionCount, PlaybookList, AttackTactics, ExplainCommand, ExplainLink, LiftCommand, Summary'''
    queryFrequency: 'PT5M'
    queryPeriod: 'P1D'
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionEnabled: false
    suppressionDuration: 'PT5H'
    tactics: []
    techniques: []
    eventGroupingSettings: {
      aggregationKind: 'AlertPerResult'
    }
    entityMappings: [
      {
        entityType: 'CloudApplication'
        fieldMappings: [
          {
            identifier: 'Name'
            columnName: 'AgentName'
          }
        ]
      }
      {
        entityType: 'Account'
        fieldMappings: [
          {
            identifier: 'Name'
            columnName: 'AccountName'
          }
          {
            identifier: 'UPNSuffix'
            columnName: 'AccountUPNSuffix'
          }
          {
            identifier: 'AadUserId'
            columnName: 'AccountObjectId'
          }
        ]
      }
    ]
    customDetails: {
      IncidentId: 'IncidentId'
      AlertId: 'AlertId'
      RecordVersion: 'RecordVersion'
      StepdownTenant: 'StepdownTenant'
      Mode: 'Mode'
      Agents: 'AgentList'
      Sessions: 'SessionList'
      FindingTypes: 'FindingTypeList'
      Confidence: 'Confidence'
      AtlasTechniques: 'AtlasList'
      OwaspRisks: 'OwaspList'
      Pillars: 'PillarList'
      Contractions: 'ContractionCount'
      Playbooks: 'PlaybookList'
      ExplainCommand: 'ExplainCommand'
      ExplainLink: 'ExplainLink'
      LiftCommand: 'LiftCommand'
    }
    alertDetailsOverride: {
      alertDisplayNameFormat: '{{IncidentTitle}} [stepdown:{{IncidentId}}]'
      alertDescriptionFormat: '{{Summary}}'
      alertTacticsColumnName: 'AttackTactics'
      alertSeverityColumnName: 'AlertSeverity'
    }
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'P7D'
        matchingMethod: 'Selected'
        groupByEntities: []
        groupByAlertDetails: []
        groupByCustomDetails: [
          'IncidentId'
        ]
      }
    }
  }
  dependsOn: [
    tableIncidents
    tableFindings
    tableContractions
    tableDecisions
  ]
}

resource ruleLow 'Microsoft.SecurityInsights/alertRules@2025-09-01' = {
  scope: workspace
  name: '6b0f3d1e-5d0c-4e0a-9a8e-0b6f5a4c1d02'
  kind: 'Scheduled'
  properties: {
    displayName: 'Stepdown: attack on an AI agent (low)'
    description: 'An incident of Stepdown that begins with severity low: findings on an AI agent that belong to one attack, with the restrictions they led to. Alerts on what arrives of it first and on a rise of its severity; later states reach the incident through the API.'
    severity: 'Low'
    enabled: true
    query: '''
// Alerts of the last day, by the id each carries: the windows of two runs overlap.
let Alerted = union isfuzzy=true
    (datatable(TimeGenerated: datetime, ExtendedProperties: string) []),
    (SecurityAlert | project TimeGenerated, ExtendedProperties)
| where TimeGenerated > ago(1d) and ExtendedProperties has "AlertId"
| extend Details = parse_json(tostring(parse_json(ExtendedProperties)["Custom Details"]))
| extend AlertId = tostring(Details.AlertId[0])
| where isnotempty(AlertId)
| distinct AlertId;
StepdownIncidents_CL
| where isnotempty(AlertReason)
| where SeverityPath has "Low"
| where not(SeverityPath has "Informational")
| extend IngestedAt = ingestion_time()
// The copy that came first: a repeat that comes late alerts nobody.
| summarize arg_min(IngestedAt, *) by AlertId
| where IngestedAt > ago(10m)
| join kind=leftanti Alerted on AlertId
| extend AccountName = tostring(split(UserName, "@")[0]),
    AccountUPNSuffix = iff(UserName has "@", tostring(split(UserName, "@")[1]), ""),
    AccountObjectId = iff(UserName matches regex "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", UserName, "")
| extend AgentList = iff(strlen(strcat_array(Agents, ", ")) > 120, strcat(substring(strcat_array(Agents, ", "), 0, 119), "…"), strcat_array(Agents, ", ")),
    SessionList = iff(strlen(strcat_array(Sessions, ", ")) > 120, strcat(substring(strcat_array(Sessions, ", "), 0, 119), "…"), strcat_array(Sessions, ", ")),
    FindingTypeList = iff(strlen(strcat_array(FindingTypes, ", ")) > 120, strcat(substring(strcat_array(FindingTypes, ", "), 0, 119), "…"), strcat_array(FindingTypes, ", ")),
    AtlasList = iff(strlen(strcat_array(AtlasTechniques, ", ")) > 120, strcat(substring(strcat_array(AtlasTechniques, ", "), 0, 119), "…"), strcat_array(AtlasTechniques, ", ")),
    OwaspList = iff(strlen(strcat_array(OwaspRisks, ", ")) > 120, strcat(substring(strcat_array(OwaspRisks, ", "), 0, 119), "…"), strcat_array(OwaspRisks, ", ")),
    PillarList = iff(strlen(strcat_array(Pillars, ", ")) > 120, strcat(substring(strcat_array(Pillars, ", "), 0, 119), "…"), strcat_array(Pillars, ", ")),
    PlaybookList = iff(strlen(strcat_array(Playbooks, ", ")) > 120, strcat(substring(strcat_array(Playbooks, ", "), 0, 119), "…"), strcat_array(Playbooks, ", "))
| extend IncidentTitle = iff(strlen(IncidentTitle) > 200, strcat(substring(IncidentTitle, 0, 199), "…"), IncidentTitle), StepdownTenant = iff(strlen(StepdownTenant) > 64, strcat(substring(StepdownTenant, 0, 63), "…"), StepdownTenant),
    ExplainLink = iff(strlen(ExplainLink) > 200, "", ExplainLink)
| extend Summary = strcat(iff(AlertReason == "severity", "Its severity rose. ", ""),
    iff(Mode == "enforce", strcat(tostring(ContractionCount), " restriction(s) in force or ended. "), "Nothing was restricted: its playbooks observe. "),
    tostring(FindingCount), " finding(s): ", FindingTypeList, ". Agents: ", AgentList, ". ATLAS: ", AtlasList, ". Read it: ", ExplainCommand)
| project TimeGenerated, EventTime, IncidentId, AlertId, RecordVersion, StepdownTenant, IncidentTitle, AlertSeverity, AlertReason, Mode,
    AgentName, AccountName, AccountUPNSuffix, AccountObjectId, AgentList, SessionList, FindingTypeList, Confidence, AtlasList, OwaspList,
    PillarList, ContractionCount, PlaybookList, AttackTactics, ExplainCommand, ExplainLink, LiftCommand, Summary'''
    queryFrequency: 'PT5M'
    queryPeriod: 'P1D'
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionEnabled: false
    suppressionDuration: 'PT5H'
    tactics: []
    techniques: []
    eventGroupingSettings: {
      aggregationKind: 'AlertPerResult'
    }
    entityMappings: [
      {
        entityType: 'CloudApplication'
        fieldMappings: [
          {
            identifier: 'Name'
            columnName: 'AgentName'
          }
        ]
      }
      {
        entityType: 'Account'
        fieldMappings: [
          {
            identifier: 'Name'
            columnName: 'AccountName'
          }
          {
            identifier: 'UPNSuffix'
            columnName: 'AccountUPNSuffix'
          }
          {
            identifier: 'AadUserId'
            columnName: 'AccountObjectId'
          }
        ]
      }
    ]
    customDetails: {
      IncidentId: 'IncidentId'
      AlertId: 'AlertId'
      RecordVersion: 'RecordVersion'
      StepdownTenant: 'StepdownTenant'
      Mode: 'Mode'
      Agents: 'AgentList'
      Sessions: 'SessionList'
      FindingTypes: 'FindingTypeList'
      Confidence: 'Confidence'
      AtlasTechniques: 'AtlasList'
      OwaspRisks: 'OwaspList'
      Pillars: 'PillarList'
      Contractions: 'ContractionCount'
      Playbooks: 'PlaybookList'
      ExplainCommand: 'ExplainCommand'
      ExplainLink: 'ExplainLink'
      LiftCommand: 'LiftCommand'
    }
    alertDetailsOverride: {
      alertDisplayNameFormat: '{{IncidentTitle}} [stepdown:{{IncidentId}}]'
      alertDescriptionFormat: '{{Summary}}'
      alertTacticsColumnName: 'AttackTactics'
      alertSeverityColumnName: 'AlertSeverity'
    }
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'P7D'
        matchingMethod: 'Selected'
        groupByEntities: []
        groupByAlertDetails: []
        groupByCustomDetails: [
          'IncidentId'
        ]
      }
    }
  }
  dependsOn: [
    tableIncidents
    tableFindings
    tableContractions
    tableDecisions
  ]
}

resource ruleMedium 'Microsoft.SecurityInsights/alertRules@2025-09-01' = {
  scope: workspace
  name: '6b0f3d1e-5d0c-4e0a-9a8e-0b6f5a4c1d03'
  kind: 'Scheduled'
  properties: {
    displayName: 'Stepdown: attack on an AI agent (medium)'
    description: 'An incident of Stepdown that begins with severity medium: findings on an AI agent that belong to one attack, with the restrictions they led to. Alerts on what arrives of it first and on a rise of its severity; later states reach the incident through the API.'
    severity: 'Medium'
    enabled: true
    query: '''
// Alerts of the last day, by the id each carries: the windows of two runs overlap.
let Alerted = union isfuzzy=true
    (datatable(TimeGenerated: datetime, ExtendedProperties: string) []),
    (SecurityAlert | project TimeGenerated, ExtendedProperties)
| where TimeGenerated > ago(1d) and ExtendedProperties has "AlertId"
| extend Details = parse_json(tostring(parse_json(ExtendedProperties)["Custom Details"]))
| extend AlertId = tostring(Details.AlertId[0])
| where isnotempty(AlertId)
| distinct AlertId;
StepdownIncidents_CL
| where isnotempty(AlertReason)
| where SeverityPath has "Medium"
| where not(SeverityPath has "Informational")
| where not(SeverityPath has "Low")
| extend IngestedAt = ingestion_time()
// The copy that came first: a repeat that comes late alerts nobody.
| summarize arg_min(IngestedAt, *) by AlertId
| where IngestedAt > ago(10m)
| join kind=leftanti Alerted on AlertId
| extend AccountName = tostring(split(UserName, "@")[0]),
    AccountUPNSuffix = iff(UserName has "@", tostring(split(UserName, "@")[1]), ""),
    AccountObjectId = iff(UserName matches regex "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", UserName, "")
| extend AgentList = iff(strlen(strcat_array(Agents, ", ")) > 120, strcat(substring(strcat_array(Agents, ", "), 0, 119), "…"), strcat_array(Agents, ", ")),
    SessionList = iff(strlen(strcat_array(Sessions, ", ")) > 120, strcat(substring(strcat_array(Sessions, ", "), 0, 119), "…"), strcat_array(Sessions, ", ")),
    FindingTypeList = iff(strlen(strcat_array(FindingTypes, ", ")) > 120, strcat(substring(strcat_array(FindingTypes, ", "), 0, 119), "…"), strcat_array(FindingTypes, ", ")),
    AtlasList = iff(strlen(strcat_array(AtlasTechniques, ", ")) > 120, strcat(substring(strcat_array(AtlasTechniques, ", "), 0, 119), "…"), strcat_array(AtlasTechniques, ", ")),
    OwaspList = iff(strlen(strcat_array(OwaspRisks, ", ")) > 120, strcat(substring(strcat_array(OwaspRisks, ", "), 0, 119), "…"), strcat_array(OwaspRisks, ", ")),
    PillarList = iff(strlen(strcat_array(Pillars, ", ")) > 120, strcat(substring(strcat_array(Pillars, ", "), 0, 119), "…"), strcat_array(Pillars, ", ")),
    PlaybookList = iff(strlen(strcat_array(Playbooks, ", ")) > 120, strcat(substring(strcat_array(Playbooks, ", "), 0, 119), "…"), strcat_array(Playbooks, ", "))
| extend IncidentTitle = iff(strlen(IncidentTitle) > 200, strcat(substring(IncidentTitle, 0, 199), "…"), IncidentTitle), StepdownTenant = iff(strlen(StepdownTenant) > 64, strcat(substring(StepdownTenant, 0, 63), "…"), StepdownTenant),
    ExplainLink = iff(strlen(ExplainLink) > 200, "", ExplainLink)
| extend Summary = strcat(iff(AlertReason == "severity", "Its severity rose. ", ""),
    iff(Mode == "enforce", strcat(tostring(ContractionCount), " restriction(s) in force or ended. "), "Nothing was restricted: its playbooks observe. "),
    tostring(FindingCount), " finding(s): ", FindingTypeList, ". Agents: ", AgentList, ". ATLAS: ", AtlasList, ". Read it: ", ExplainCommand)
| project TimeGenerated, EventTime, IncidentId, AlertId, RecordVersion, StepdownTenant, IncidentTitle, AlertSeverity, AlertReason, Mode,
    AgentName, AccountName, AccountUPNSuffix, AccountObjectId, AgentList, SessionList, FindingTypeList, Confidence, AtlasList, OwaspList,
    PillarList, ContractionCount, PlaybookList, AttackTactics, ExplainCommand, ExplainLink, LiftCommand, Summary'''
    queryFrequency: 'PT5M'
    queryPeriod: 'P1D'
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionEnabled: false
    suppressionDuration: 'PT5H'
    tactics: []
    techniques: []
    eventGroupingSettings: {
      aggregationKind: 'AlertPerResult'
    }
    entityMappings: [
      {
        entityType: 'CloudApplication'
        fieldMappings: [
          {
            identifier: 'Name'
            columnName: 'AgentName'
          }
        ]
      }
      {
        entityType: 'Account'
        fieldMappings: [
          {
            identifier: 'Name'
            columnName: 'AccountName'
          }
          {
            identifier: 'UPNSuffix'
            columnName: 'AccountUPNSuffix'
          }
          {
            identifier: 'AadUserId'
            columnName: 'AccountObjectId'
          }
        ]
      }
    ]
    customDetails: {
      IncidentId: 'IncidentId'
      AlertId: 'AlertId'
      RecordVersion: 'RecordVersion'
      StepdownTenant: 'StepdownTenant'
      Mode: 'Mode'
      Agents: 'AgentList'
      Sessions: 'SessionList'
      FindingTypes: 'FindingTypeList'
      Confidence: 'Confidence'
      AtlasTechniques: 'AtlasList'
      OwaspRisks: 'OwaspList'
      Pillars: 'PillarList'
      Contractions: 'ContractionCount'
      Playbooks: 'PlaybookList'
      ExplainCommand: 'ExplainCommand'
      ExplainLink: 'ExplainLink'
      LiftCommand: 'LiftCommand'
    }
    alertDetailsOverride: {
      alertDisplayNameFormat: '{{IncidentTitle}} [stepdown:{{IncidentId}}]'
      alertDescriptionFormat: '{{Summary}}'
      alertTacticsColumnName: 'AttackTactics'
      alertSeverityColumnName: 'AlertSeverity'
    }
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'P7D'
        matchingMethod: 'Selected'
        groupByEntities: []
        groupByAlertDetails: []
        groupByCustomDetails: [
          'IncidentId'
        ]
      }
    }
  }
  dependsOn: [
    tableIncidents
    tableFindings
    tableContractions
    tableDecisions
  ]
}

resource ruleHigh 'Microsoft.SecurityInsights/alertRules@2025-09-01' = {
  scope: workspace
  name: '6b0f3d1e-5d0c-4e0a-9a8e-0b6f5a4c1d04'
  kind: 'Scheduled'
  properties: {
    displayName: 'Stepdown: attack on an AI agent (high)'
    description: 'An incident of Stepdown that begins with severity high: findings on an AI agent that belong to one attack, with the restrictions they led to. Alerts on what arrives of it first and on a rise of its severity; later states reach the incident through the API.'
    severity: 'High'
    enabled: true
    query: '''
// Alerts of the last day, by the id each carries: the windows of two runs overlap.
let Alerted = union isfuzzy=true
    (datatable(TimeGenerated: datetime, ExtendedProperties: string) []),
    (SecurityAlert | project TimeGenerated, ExtendedProperties)
| where TimeGenerated > ago(1d) and ExtendedProperties has "AlertId"
| extend Details = parse_json(tostring(parse_json(ExtendedProperties)["Custom Details"]))
| extend AlertId = tostring(Details.AlertId[0])
| where isnotempty(AlertId)
| distinct AlertId;
StepdownIncidents_CL
| where isnotempty(AlertReason)
| where SeverityPath has "High"
| where not(SeverityPath has "Informational")
| where not(SeverityPath has "Low")
| where not(SeverityPath has "Medium")
| extend IngestedAt = ingestion_time()
// The copy that came first: a repeat that comes late alerts nobody.
| summarize arg_min(IngestedAt, *) by AlertId
| where IngestedAt > ago(10m)
| join kind=leftanti Alerted on AlertId
| extend AccountName = tostring(split(UserName, "@")[0]),
    AccountUPNSuffix = iff(UserName has "@", tostring(split(UserName, "@")[1]), ""),
    AccountObjectId = iff(UserName matches regex "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", UserName, "")
| extend AgentList = iff(strlen(strcat_array(Agents, ", ")) > 120, strcat(substring(strcat_array(Agents, ", "), 0, 119), "…"), strcat_array(Agents, ", ")),
    SessionList = iff(strlen(strcat_array(Sessions, ", ")) > 120, strcat(substring(strcat_array(Sessions, ", "), 0, 119), "…"), strcat_array(Sessions, ", ")),
    FindingTypeList = iff(strlen(strcat_array(FindingTypes, ", ")) > 120, strcat(substring(strcat_array(FindingTypes, ", "), 0, 119), "…"), strcat_array(FindingTypes, ", ")),
    AtlasList = iff(strlen(strcat_array(AtlasTechniques, ", ")) > 120, strcat(substring(strcat_array(AtlasTechniques, ", "), 0, 119), "…"), strcat_array(AtlasTechniques, ", ")),
    OwaspList = iff(strlen(strcat_array(OwaspRisks, ", ")) > 120, strcat(substring(strcat_array(OwaspRisks, ", "), 0, 119), "…"), strcat_array(OwaspRisks, ", ")),
    PillarList = iff(strlen(strcat_array(Pillars, ", ")) > 120, strcat(substring(strcat_array(Pillars, ", "), 0, 119), "…"), strcat_array(Pillars, ", ")),
    PlaybookList = iff(strlen(strcat_array(Playbooks, ", ")) > 120, strcat(substring(strcat_array(Playbooks, ", "), 0, 119), "…"), strcat_array(Playbooks, ", "))
| extend IncidentTitle = iff(strlen(IncidentTitle) > 200, strcat(substring(IncidentTitle, 0, 199), "…"), IncidentTitle), StepdownTenant = iff(strlen(StepdownTenant) > 64, strcat(substring(StepdownTenant, 0, 63), "…"), StepdownTenant),
    ExplainLink = iff(strlen(ExplainLink) > 200, "", ExplainLink)
| extend Summary = strcat(iff(AlertReason == "severity", "Its severity rose. ", ""),
    iff(Mode == "enforce", strcat(tostring(ContractionCount), " restriction(s) in force or ended. "), "Nothing was restricted: its playbooks observe. "),
    tostring(FindingCount), " finding(s): ", FindingTypeList, ". Agents: ", AgentList, ". ATLAS: ", AtlasList, ". Read it: ", ExplainCommand)
| project TimeGenerated, EventTime, IncidentId, AlertId, RecordVersion, StepdownTenant, IncidentTitle, AlertSeverity, AlertReason, Mode,
    AgentName, AccountName, AccountUPNSuffix, AccountObjectId, AgentList, SessionList, FindingTypeList, Confidence, AtlasList, OwaspList,
    PillarList, ContractionCount, PlaybookList, AttackTactics, ExplainCommand, ExplainLink, LiftCommand, Summary'''
    queryFrequency: 'PT5M'
    queryPeriod: 'P1D'
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionEnabled: false
    suppressionDuration: 'PT5H'
    tactics: []
    techniques: []
    eventGroupingSettings: {
      aggregationKind: 'AlertPerResult'
    }
    entityMappings: [
      {
        entityType: 'CloudApplication'
        fieldMappings: [
          {
            identifier: 'Name'
            columnName: 'AgentName'
          }
        ]
      }
      {
        entityType: 'Account'
        fieldMappings: [
          {
            identifier: 'Name'
            columnName: 'AccountName'
          }
          {
            identifier: 'UPNSuffix'
            columnName: 'AccountUPNSuffix'
          }
          {
            identifier: 'AadUserId'
            columnName: 'AccountObjectId'
          }
        ]
      }
    ]
    customDetails: {
      IncidentId: 'IncidentId'
      AlertId: 'AlertId'
      RecordVersion: 'RecordVersion'
      StepdownTenant: 'StepdownTenant'
      Mode: 'Mode'
      Agents: 'AgentList'
      Sessions: 'SessionList'
      FindingTypes: 'FindingTypeList'
      Confidence: 'Confidence'
      AtlasTechniques: 'AtlasList'
      OwaspRisks: 'OwaspList'
      Pillars: 'PillarList'
      Contractions: 'ContractionCount'
      Playbooks: 'PlaybookList'
      ExplainCommand: 'ExplainCommand'
      ExplainLink: 'ExplainLink'
      LiftCommand: 'LiftCommand'
    }
    alertDetailsOverride: {
      alertDisplayNameFormat: '{{IncidentTitle}} [stepdown:{{IncidentId}}]'
      alertDescriptionFormat: '{{Summary}}'
      alertTacticsColumnName: 'AttackTactics'
      alertSeverityColumnName: 'AlertSeverity'
    }
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'P7D'
        matchingMethod: 'Selected'
        groupByEntities: []
        groupByAlertDetails: []
        groupByCustomDetails: [
          'IncidentId'
        ]
      }
    }
  }
  dependsOn: [
    tableIncidents
    tableFindings
    tableContractions
    tableDecisions
  ]
}

resource huntingSharedOrigin 'Microsoft.OperationalInsights/workspaces/savedSearches@2020-08-01' = {
  parent: workspace
  name: '2d2c8a3e-7c51-4c39-8f0e-7f5a1b1e2a01'
  properties: {
    category: 'Hunting Queries'
    displayName: 'Stepdown: one source, several agents'
    query: '''
StepdownFindings_CL
| summarize arg_max(TimeGenerated, *) by RowId
| where isnotempty(Origin)
| summarize AgentCount = dcount(AgentName), AgentNames = make_set(AgentName, 100), FindingCount = count(),
    FirstSeen = min(EventTime), LastSeen = max(EventTime), AgentName = take_any(AgentName) by Origin
| where AgentCount > 1
| order by AgentCount desc, FindingCount desc'''
    version: 2
    tags: [
      {
        name: 'description'
        value: 'Suspicious content from one domain, dataset or tool that reached more than one agent. One poisoned source is one attack, however many incidents it makes.'
      }
    ]
  }
  dependsOn: [
    tableIncidents
    tableFindings
    tableContractions
    tableDecisions
  ]
}

resource huntingUnanswered 'Microsoft.OperationalInsights/workspaces/savedSearches@2020-08-01' = {
  parent: workspace
  name: '2d2c8a3e-7c51-4c39-8f0e-7f5a1b1e2a02'
  properties: {
    category: 'Hunting Queries'
    displayName: 'Stepdown: grave incidents that restricted nothing'
    query: '''
StepdownIncidents_CL
| summarize arg_max(RecordVersion, *) by IncidentId
| where AlertSeverity in ("High", "Medium") and (Mode == "observe" or ContractionCount == 0) and isempty(MergedInto)
| where Verdict !in ("false", "benign")
| project EventTime, IncidentId, IncidentTitle, AlertSeverity, AgentName, FindingTypes, Playbooks, Verdict
| order by EventTime desc'''
    version: 2
    tags: [
      {
        name: 'description'
        value: 'Incidents of medium or high severity whose playbooks only observed, or that no playbook answered. Candidates for a playbook to be promoted.'
      }
    ]
  }
  dependsOn: [
    tableIncidents
    tableFindings
    tableContractions
    tableDecisions
  ]
}

resource huntingPersistentAttempts 'Microsoft.OperationalInsights/workspaces/savedSearches@2020-08-01' = {
  parent: workspace
  name: '2d2c8a3e-7c51-4c39-8f0e-7f5a1b1e2a03'
  properties: {
    category: 'Hunting Queries'
    displayName: 'Stepdown: agents that keep trying what is blocked'
    query: '''
StepdownDecisions_CL
| summarize arg_max(TimeGenerated, *) by RowId
| where DecisionVerdict == "block"
| summarize Blocked = count(), FirstBlocked = min(EventTime), LastBlocked = max(EventTime), Actions = make_set(ActionName, 50)
    by AgentName, SessionId
| where Blocked >= 5
| order by Blocked desc'''
    version: 2
    tags: [
      {
        name: 'description'
        value: 'Calls that were blocked again and again in one conversation: an agent still under its attacker’s words, or a restriction that is in the way of real work.'
      }
    ]
  }
  dependsOn: [
    tableIncidents
    tableFindings
    tableContractions
    tableDecisions
  ]
}

resource huntingAgainAfterLift 'Microsoft.OperationalInsights/workspaces/savedSearches@2020-08-01' = {
  parent: workspace
  name: '2d2c8a3e-7c51-4c39-8f0e-7f5a1b1e2a04'
  properties: {
    category: 'Hunting Queries'
    displayName: 'Stepdown: contracted again soon after a lift'
    query: '''
let Now = StepdownContractions_CL
| summarize arg_max(RecordVersion, *) by ContractionId
| extend Target = coalesce(TargetName, UserName);
let Lifted = Now
| where EndReason in ("lifted", "verdict")
| project TargetType, Target, PlaybookId, LiftedAt = EndedAt, LiftedContraction = ContractionId;
Now
| where isnotempty(Target)
| join kind=inner Lifted on TargetType, Target, PlaybookId
| where ContractionId != LiftedContraction and CreatedAt between (LiftedAt .. (LiftedAt + 1d))
| project CreatedAt, LiftedAt, TargetType, Target, PlaybookId, ContractionId, LiftedContraction, Attempts
| order by CreatedAt desc'''
    version: 2
    tags: [
      {
        name: 'description'
        value: 'Targets that were restricted again within a day after a person lifted a restriction. Either the attack went on, or the playbook wants an exception.'
      }
    ]
  }
  dependsOn: [
    tableIncidents
    tableFindings
    tableContractions
    tableDecisions
  ]
}

resource huntingDrift 'Microsoft.OperationalInsights/workspaces/savedSearches@2020-08-01' = {
  parent: workspace
  name: '2d2c8a3e-7c51-4c39-8f0e-7f5a1b1e2a05'
  properties: {
    category: 'Hunting Queries'
    displayName: 'Stepdown: restrictions that do not hold where they should'
    query: '''
StepdownContractions_CL
| summarize arg_max(RecordVersion, *) by ContractionId
| mv-expand Effect = Effects
| extend EffectState = tostring(Effect.state), Point = tostring(Effect.point)
| where EffectState in ("failed", "revert_failed", "drifted")
| project EventTime, ContractionId, TargetType, Target = coalesce(TargetName, UserName), ContractionState, Point, EffectState, EndsAtLatest
| order by EventTime desc'''
    version: 2
    tags: [
      {
        name: 'description'
        value: 'Effects at enforcement points that failed, could not be reverted, or were changed by somebody else meanwhile.'
      }
    ]
  }
  dependsOn: [
    tableIncidents
    tableFindings
    tableContractions
    tableDecisions
  ]
}

resource huntingSilence 'Microsoft.OperationalInsights/workspaces/savedSearches@2020-08-01' = {
  parent: workspace
  name: '2d2c8a3e-7c51-4c39-8f0e-7f5a1b1e2a06'
  properties: {
    category: 'Hunting Queries'
    displayName: 'Stepdown: how late rows arrive, and when none came'
    query: '''
union withsource=SourceTable StepdownIncidents_CL, StepdownFindings_CL, StepdownContractions_CL, StepdownDecisions_CL
| summarize Rows = dcount(RowId), MedianDelay = percentile((TimeGenerated - EventTime) / 1s, 50), LongestDelay = max((TimeGenerated - EventTime) / 1s)
    by SourceTable, bin(TimeGenerated, 1h)
| order by TimeGenerated desc'''
    version: 2
    tags: [
      {
        name: 'description'
        value: 'The time from an event to its row, per hour and table. A gap is an outage: of the engine, of the way, or of the attackers.'
      }
    ]
  }
  dependsOn: [
    tableIncidents
    tableFindings
    tableContractions
    tableDecisions
  ]
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspace.id, '9d0a6f1c-4b1e-4c8a-8b5e-1c2d3e4f5a01')
  location: location
  kind: 'shared'
  properties: {
    displayName: 'Stepdown: agents under attack'
    serializedData: '{"version":"Notebook/1.0","items":[{"type":1,"content":{"json":"# Stepdown: agents under attack\\nWhat befell AI agents, what was restricted because of it, and for how long."},"name":"title"},{"type":9,"content":{"version":"KqlParameterItem/1.0","parameters":[{"id":"0b7a2f5e-1a7c-4c0e-9d55-6f0a2b3c4d01","version":"KqlParameterItem/1.0","name":"TimeRange","type":4,"isRequired":true,"value":{"durationMs":86400000},"typeSettings":{"selectableValues":[{"durationMs":3600000},{"durationMs":14400000},{"durationMs":86400000},{"durationMs":604800000},{"durationMs":2592000000}],"allowCustom":true}}],"style":"pills","queryType":0,"resourceType":"microsoft.operationalinsights/workspaces"},"name":"parameters"},{"type":3,"content":{"version":"KqlItem/1.0","query":"StepdownIncidents_CL\\n| summarize arg_max(RecordVersion, *) by IncidentId\\n| where isempty(MergedInto)\\n| project EventTime, AlertSeverity, IncidentStatus, Mode, IncidentTitle, AgentName, FindingCount, ContractionCount, Verdict, IncidentId\\n| order by EventTime desc\\n| take 100","size":0,"title":"Incidents, newest first","timeContextFromParameter":"TimeRange","queryType":0,"resourceType":"microsoft.operationalinsights/workspaces","visualization":"table"},"name":"incidents"},{"type":3,"content":{"version":"KqlItem/1.0","query":"StepdownFindings_CL\\n| summarize arg_max(TimeGenerated, *) by RowId\\n| extend Weight = case(AlertSeverity == \\"High\\", 1.0, AlertSeverity == \\"Medium\\", 0.6, AlertSeverity == \\"Low\\", 0.3, 0.1)\\n| summarize Risk = round(100 * (1 - exp(sum(log(1 - min_of(0.99, Confidence * Weight))))), 1) by AgentName, bin(EventTime, 1h)\\n| order by EventTime asc","size":0,"title":"Risk by agent, 0 to 100: what its findings of an hour come to, 1 − Π(1 − confidence × weight)","timeContextFromParameter":"TimeRange","queryType":0,"resourceType":"microsoft.operationalinsights/workspaces","visualization":"timechart"},"name":"risk-by-agent"},{"type":3,"content":{"version":"KqlItem/1.0","query":"StepdownContractions_CL\\n| summarize arg_max(RecordVersion, *) by ContractionId\\n| where ContractionState in (\\"active\\", \\"awaiting_approval\\", \\"ending\\") and EndsAtLatest > now()\\n| extend TimeLeft = EndsAtLatest - now()\\n| project TimeLeft, ContractionState, Mode, TargetType, Target = coalesce(TargetName, UserName), ControlNames, PlaybookId, EndsWhen, Attempts, LastChange, LiftCommand\\n| order by TimeLeft asc","size":0,"title":"Active contractions, by the time they have left at most","timeContextFromParameter":"TimeRange","queryType":0,"resourceType":"microsoft.operationalinsights/workspaces","visualization":"table"},"name":"active-contractions"},{"type":3,"content":{"version":"KqlItem/1.0","query":"StepdownDecisions_CL\\n| summarize arg_max(TimeGenerated, *) by RowId\\n| summarize Calls = count() by ActionName, DecisionVerdict\\n| order by Calls desc\\n| take 30","size":0,"title":"Blocked calls and calls that had to be approved","timeContextFromParameter":"TimeRange","queryType":0,"resourceType":"microsoft.operationalinsights/workspaces","visualization":"barchart"},"name":"blocked-calls"},{"type":3,"content":{"version":"KqlItem/1.0","query":"StepdownFindings_CL\\n| summarize arg_max(TimeGenerated, *) by RowId\\n| summarize Findings = count(), AgentCount = dcount(AgentName), Surest = round(max(Confidence), 2), LastSeen = max(EventTime) by FindingType, AlertSeverity\\n| order by Findings desc\\n| take 30","size":0,"title":"Top findings","timeContextFromParameter":"TimeRange","queryType":0,"resourceType":"microsoft.operationalinsights/workspaces","visualization":"table"},"name":"top-findings"},{"type":3,"content":{"version":"KqlItem/1.0","query":"let Pillars = datatable(Pillar: string) [\\"identity\\", \\"devices\\", \\"network\\", \\"applications\\", \\"data\\", \\"infrastructure\\", \\"governance\\"];\\nlet Found = StepdownFindings_CL\\n| summarize arg_max(TimeGenerated, *) by RowId\\n| summarize Findings = count(), FindingTypes = make_set(FindingType, 50), AgentCount = dcount(AgentName) by Pillar;\\nlet Answered = StepdownIncidents_CL\\n| summarize arg_max(RecordVersion, *) by IncidentId\\n| where Mode == \\"enforce\\" and ContractionCount > 0\\n| mv-expand Pillar = Pillars to typeof(string)\\n| summarize Incidents = dcount(IncidentId) by Pillar;\\nPillars\\n| join kind=leftouter Found on Pillar\\n| join kind=leftouter Answered on Pillar\\n| project Pillar, Findings = coalesce(Findings, 0), FindingTypes, AgentCount = coalesce(AgentCount, 0), IncidentsWithRestrictions = coalesce(Incidents, 0)\\n| order by Findings desc","size":0,"title":"Coverage by Zero Trust pillar: what was found, and what was restricted for it","timeContextFromParameter":"TimeRange","queryType":0,"resourceType":"microsoft.operationalinsights/workspaces","visualization":"table"},"name":"coverage-by-pillar"}],"fallbackResourceIds":[],"fromTemplateId":"sentinel-Stepdown","$schema":"https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json"}'
    version: 'Notebook/1.0'
    sourceId: workspace.id
    category: 'sentinel'
  }
}

resource automation 'Microsoft.SecurityInsights/automationRules@2025-09-01' = {
  scope: workspace
  name: '4c6e9a0b-2f5d-4a61-9a5b-8f3e1d2c7a01'
  properties: {
    displayName: 'Stepdown: label incidents and say how they are worked on'
    order: 100
    triggeringLogic: {
      isEnabled: true
      triggersOn: 'Incidents'
      triggersWhen: 'Created'
      conditions: [
        {
          conditionType: 'Property'
          conditionProperties: {
            propertyName: 'IncidentRelatedAnalyticRuleIds'
            operator: 'Contains'
            propertyValues: [
              ruleInformational.id
              ruleLow.id
              ruleMedium.id
              ruleHigh.id
            ]
          }
        }
      ]
    }
    actions: [
      {
        order: 1
        actionType: 'ModifyProperties'
        actionConfiguration: {
          labels: [
            {
              labelName: 'Stepdown'
            }
          ]
        }
      }
      {
        order: 2
        actionType: 'AddIncidentTask'
        actionConfiguration: {
          title: 'Read the story'
          description: 'The custom detail ExplainCommand tells what happened, in order: findings with their evidence, restrictions, attempts, reverts.'
        }
      }
      {
        order: 3
        actionType: 'AddIncidentTask'
        actionConfiguration: {
          title: 'Judge it by closing it'
          description: 'Closed as false positive or benign positive, the restrictions on the agents are lifted at once and the verdict is kept. Closed as true positive, they end by their own conditions. LiftCommand does the same from a shell.'
        }
      }
    ]
  }
}

@description('For `endpoint` of the sink.')
output endpoint string = collectionRule.properties.endpoints.logsIngestion

@description('For `rule` of the sink.')
output rule string = collectionRule.properties.immutableId

@description('For `workspace` of the sink.')
output workspace string = workspace.id
