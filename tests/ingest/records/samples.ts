/** Records as diagnostic settings, data export, Defender and Graph write them; made-up ids. */

export const SP = '6d1f3a52-40c1-4f2e-9f0b-000000000001';
export const APP = '6d1f3a52-40c1-4f2e-9f0b-0000000000a1';
export const BLUEPRINT = '6d1f3a52-40c1-4f2e-9f0b-0000000000b1';
export const USER = '6d1f3a52-40c1-4f2e-9f0b-0000000000e1';
export const AT = '2026-05-08T13:08:24.0156057Z';
export const AT_MS = Date.UTC(2026, 4, 8, 13, 8, 24, 15);

export type Record_ = Record<string, unknown>;

export const envelope = (category: string, properties: Record_, more: Record_ = {}): Record_ => ({
  time: AT,
  resourceId: '/tenants/11111111-2222-3333-4444-555555555555/providers/Microsoft.aadiam',
  operationName: 'Sign-in activity',
  operationVersion: '1.0',
  category,
  tenantId: '11111111-2222-3333-4444-555555555555',
  resultType: '0',
  resultSignature: 'None',
  durationMs: 0,
  callerIpAddress: '203.0.113.7',
  correlationId: '763730e5-d671-4457-b429-fc78d823daaf',
  Level: 4,
  ...more,
  properties,
});

export const userSignIn = (properties: Record_ = {}, more: Record_ = {}): Record_ =>
  envelope(
    'SignInLogs',
    {
      id: 'sign-in-1',
      createdDateTime: AT,
      userId: USER,
      userPrincipalName: 'amal@contoso.example',
      appId: APP,
      appDisplayName: 'Mail helper',
      ipAddress: '203.0.113.7',
      conditionalAccessStatus: 'success',
      authenticationRequirement: 'multiFactorAuthentication',
      resourceDisplayName: 'Microsoft Graph',
      status: { errorCode: 0 },
      ...properties,
    },
    more,
  );

export const principalSignIn = (category: string, properties: Record_ = {}): Record_ =>
  envelope(category, {
    id: 'sign-in-2',
    createdDateTime: AT,
    servicePrincipalId: SP,
    servicePrincipalName: 'mail-agent',
    appId: APP,
    userId: '',
    resourceDisplayName: 'Microsoft Graph',
    clientCredentialType: 'federatedIdentityCredential',
    status: { errorCode: 0 },
    agent: { agentType: 'notAgentic' },
    ...properties,
  });

export const audit = (properties: Record_ = {}): Record_ =>
  envelope('AuditLogs', {
    id: 'Directory_1',
    category: 'ApplicationManagement',
    result: 'success',
    activityDisplayName: 'Add service principal',
    activityDateTime: AT,
    initiatedBy: { user: { id: USER, userPrincipalName: 'amal@contoso.example', ipAddress: '203.0.113.7' } },
    targetResources: [{ id: SP, displayName: 'mail-agent', type: 'ServicePrincipal', modifiedProperties: [] }],
    ...properties,
  });

export const securityAlert = (more: Record_ = {}): Record_ => ({
  TenantId: '22222222-2222-3333-4444-555555555555',
  TimeGenerated: AT,
  Type: 'SecurityAlert',
  DisplayName: 'A Jailbreak attempt was blocked by Prompt Shields',
  AlertName: 'A Jailbreak attempt was blocked by Prompt Shields',
  AlertSeverity: 'Medium',
  Description: 'There was an attempt',
  ProviderName: 'Azure Security Center',
  VendorName: 'Microsoft',
  ProductName: 'Microsoft Defender for Cloud',
  SystemAlertId: '2517-alert',
  Status: 'New',
  ExtendedProperties: '{"End user ID":"amal","Severity":"Medium"}',
  Entities: JSON.stringify([
    { $id: '1', Type: 'cloud-application', Name: 'mail-agent', AppId: 12345 },
    { $id: '2', Type: 'account', Name: 'amal', UPNSuffix: 'contoso.example', AadUserId: USER },
    { $id: '3', Type: 'ip', Address: '203.0.113.7' },
  ]),
  ...more,
});

export const graphAlert = (more: Record_ = {}): Record_ => ({
  '@odata.type': '#microsoft.graph.security.alert',
  id: 'da637551227677560813_-961444813',
  providerAlertId: 'da637551227677560813_-961444813',
  incidentId: '28282',
  status: 'new',
  severity: 'high',
  classification: 'unknown',
  serviceSource: 'microsoftDefenderForCloud',
  productName: 'Microsoft Defender for Cloud',
  title: 'Suspicious tool call by an AI agent',
  createdDateTime: '2026-05-08T13:00:00Z',
  lastUpdateDateTime: AT,
  evidence: [
    { '@odata.type': '#microsoft.graph.security.userEvidence', userAccount: { azureAdUserId: USER } },
    { '@odata.type': '#microsoft.graph.security.cloudApplicationEvidence', displayName: 'Some app' },
    { '@odata.type': '#microsoft.graph.security.aiAgentEvidence', agentId: SP, agentName: 'mail-agent' },
  ],
  ...more,
});

export const dependency = (more: Record_ = {}): Record_ => ({
  time: AT,
  resourceId: '/SUBSCRIPTIONS/X/RESOURCEGROUPS/Y/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/Z',
  Type: 'AppDependencies',
  AppRoleName: 'mail-service',
  OperationId: '8a070ff0534bae3b9392cfd92720cc79',
  ParentId: '8a070ff0534bae3b',
  Id: '8a070ff0534bae3c',
  Name: 'execute_tool send_mail',
  DurationMs: 12.5,
  Success: true,
  ResultCode: '0',
  Properties: {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'send_mail',
    'gen_ai.agent.id': SP,
    'gen_ai.conversation.id': 'c1',
    'gen_ai.tool.call.arguments': '{"to":"amal@contoso.example"}',
  },
  ...more,
});
