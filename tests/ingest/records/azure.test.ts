/** Azure records to events: what each kind becomes, under which id, and what it does not become. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventOf, TelemetryEvent } from '../../../schemas/event.js';
import type { DeadLetter } from '../../../schemas/deadletter.js';
import { createInspector } from '../../../services/inspect/inspect-text.js';
import { Intake, type Arrival, type TakenIn } from '../../../services/ingest/intake.js';
import {
  APP,
  AT,
  AT_MS,
  audit,
  BLUEPRINT,
  dependency,
  envelope,
  graphAlert,
  principalSignIn,
  securityAlert,
  SP,
  USER,
  userSignIn,
} from './samples.js';

const intake = new Intake({
  inspector: createInspector(),
  tenant: 'default',
  latenessMs: 900_000,
  skewMs: 120_000,
  keepContent: true,
  keepLetters: true,
});
const arrival: Arrival = { receivedAtMs: AT_MS + 60_000, source: 'hub/0@7', position: 'hub/0@7', atMs: AT_MS + 60_000 };

const take = (value: unknown): TakenIn => intake.document(value, arrival);
const eventsOf = (taken: TakenIn): TelemetryEvent[] =>
  taken.records.flatMap((record) => (record.topic === 'telemetry' ? [record.value] : []));
const lettersOf = (taken: TakenIn): DeadLetter[] =>
  taken.records.flatMap((record) => (record.topic === 'deadletter' ? [record.value] : []));
function events(value: unknown): TelemetryEvent[] {
  const taken = take(value);
  expect(taken.refused).toEqual([]);
  return eventsOf(taken);
}
const only = <K extends TelemetryEvent['kind']>(kind: K, value: unknown): EventOf<K> => {
  const found = events(value).filter((event) => event.kind === kind);
  expect(found).toHaveLength(1);
  return found[0] as EventOf<K>;
};

describe('sign-ins', () => {
  it('of a user through an application', () => {
    expect(only('auth', userSignIn())).toMatchObject({
      id: 'entra:sign-in:sign-in-1',
      timeMs: AT_MS,
      agent: { id: APP, name: 'Mail helper' },
      user: { id: USER },
      outcome: 'success',
      resource: 'Microsoft Graph',
      method: 'multiFactorAuthentication',
      host: '203.0.113.7',
      trust: 'claimed',
      streamKey: `default/agent/${APP}`,
      source: { dialect: 'entra', position: 'hub/0@7' },
    });
  });

  it.each([
    [0, undefined, 'success', undefined],
    [50126, 'success', 'failure', undefined],
    [53003, 'failure', 'denied', undefined],
    [50105, 'notApplied', 'denied', undefined],
    [700082, 'failure', 'denied', undefined],
    [50074, 'success', 'failure', true],
    [50076, 'failure', 'failure', true],
    [50140, undefined, 'failure', true],
  ])('code %d with policy %s is %s', (errorCode, conditionalAccessStatus, outcome, notice) => {
    const event = only(
      'auth',
      userSignIn({
        status: { errorCode, failureReason: errorCode === 0 ? 'Other.' : 'Because.' },
        conditionalAccessStatus,
      }),
    );
    expect(event).toMatchObject({ outcome });
    expect(event.notice).toBe(notice);
    expect(event.reason).toBe(errorCode === 0 ? undefined : `AADSTS${errorCode}: Because.`);
  });

  it('takes the code from the envelope where the record has no status', () => {
    const { properties } = userSignIn() as { properties: Record<string, unknown> };
    const { status: _, ...rest } = properties;
    expect(only('auth', envelope('NonInteractiveUserSignInLogs', rest, { resultType: '50057' })).outcome).toBe(
      'denied',
    );
    expect(only('auth', envelope('SignInLogs', rest, { resultType: 0 })).outcome).toBe('success');
  });

  it.each(['ServicePrincipalSignInLogs', 'ManagedIdentitySignInLogs', 'MicrosoftServicePrincipalSignInLogs'])(
    'of a program by itself: %s',
    (category) => {
      const event = only('auth', principalSignIn(category));
      expect(event).toMatchObject({ agent: { id: SP, name: 'mail-agent' }, method: 'federatedIdentityCredential' });
      expect(event.user).toBeUndefined();
      expect(event.agent.blueprint).toBeUndefined();
    },
  );

  it('of an agent identity: its blueprint is the kind of agent', () => {
    const agent = { agentType: 'agenticAppInstance', parentAppId: BLUEPRINT };
    expect(only('auth', principalSignIn('ServicePrincipalSignInLogs', { agent })).agent).toEqual({
      id: SP,
      name: 'mail-agent',
      blueprint: BLUEPRINT,
    });
    // On a user's behalf: the agent is the application, the user stays the user.
    const onBehalf = only('auth', {
      ...userSignIn({ agent: JSON.stringify(agent) }),
      category: 'NonInteractiveUserSignInLogs',
    });
    expect(onBehalf).toMatchObject({ agent: { id: APP, blueprint: BLUEPRINT }, user: { id: USER } });
  });

  it('as a row of data export, in other capitals and without `properties`', () => {
    expect(
      only('auth', {
        TimeGenerated: AT,
        Type: 'AADServicePrincipalSignInLogs',
        Category: 'ServicePrincipalSignInLogs',
        Id: 'row-1',
        CreatedDateTime: AT,
        ServicePrincipalId: SP,
        ServicePrincipalName: 'mail-agent',
        AppId: APP,
        ResultType: '7000112',
        ResultDescription: 'Application is disabled.',
        Agent: { agentType: 'agenticAppInstance', parentAppId: BLUEPRINT },
      }),
    ).toMatchObject({
      id: 'entra:sign-in:row-1',
      outcome: 'denied',
      agent: { id: SP, blueprint: BLUEPRINT },
      timeMs: AT_MS,
    });
  });

  it('without an id: the position makes one, and two of the same content stay two', () => {
    const { properties, ...outer } = userSignIn() as { properties: Record<string, unknown> };
    const { id: _, ...rest } = properties;
    const record = { ...outer, properties: rest };
    const ids = events({ records: [record, record] }).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    expect(events({ records: [record, record] }).map(({ id }) => id)).toEqual(ids);
  });
});

describe('risk', () => {
  const risky = (category: string, properties: Record<string, unknown>) =>
    envelope(category, {
      id: SP,
      riskState: 'atRisk',
      riskLevel: 'high',
      riskDetail: 'none',
      riskLastUpdatedDateTime: AT,
      ...properties,
    });

  it.each([
    [
      'RiskyUsers',
      { id: USER, userPrincipalName: 'amal@contoso.example' },
      'Risky user',
      { user: { id: USER }, assumed: ['agent.id', 'session.id'] },
    ],
    [
      'RiskyServicePrincipals',
      { displayName: 'mail-agent', servicePrincipalType: 'Application' },
      'Risky service principal',
      { agent: { id: SP, name: 'mail-agent' } },
    ],
    [
      'RiskyAgents',
      { agentDisplayName: 'mail-agent', blueprintId: BLUEPRINT },
      'Risky agent',
      { agent: { id: SP, name: 'mail-agent', blueprint: BLUEPRINT } },
    ],
  ])('%s: an event, and an alert with the state of the risk', (category, properties, title, subject) => {
    const [auth, alert] = events(risky(category, properties));
    expect(auth).toMatchObject({ kind: 'auth', outcome: 'failure', notice: true, timeMs: AT_MS, ...subject });
    expect(alert).toMatchObject({
      kind: 'alert',
      title,
      state: 'active',
      severity: 'high',
      product: 'Microsoft Entra ID Protection',
      ...subject,
    });
    for (const riskState of ['remediated', 'dismissed', 'confirmedSafe', 'none']) {
      const [ended, resolved] = events(risky(category, { ...properties, riskState, riskLevel: 'none' }));
      expect(ended).toMatchObject({ outcome: 'success' });
      expect(resolved).toMatchObject({ state: 'resolved', alertId: (alert as EventOf<'alert'>).alertId });
    }
  });

  it('a detection has an alert of its own', () => {
    const [, alert] = events(
      envelope('AgentRiskEvents', {
        id: 'detection-1',
        agentId: SP,
        agentDisplayName: 'mail-agent',
        riskEventType: 'unfamiliarResourceAccess',
        riskState: 'atRisk',
        riskLevel: 'medium',
        detectedDateTime: AT,
      }),
    );
    expect(alert).toMatchObject({
      alertId: 'entra:risk:detection:detection-1',
      title: 'Risky agent: unfamiliarResourceAccess',
      agent: { id: SP },
    });
  });

  it('what an administrator confirmed opens no alert: it may be an effect of ours, coming back', () => {
    const confirmed = risky('RiskyAgents', {
      agentDisplayName: 'a',
      riskState: 'confirmedCompromised',
      riskDetail: 'adminConfirmedAgentCompromised',
    });
    expect(events(confirmed).map(({ kind }) => kind)).toEqual(['auth']);
    expect(events(confirmed)[0]).toMatchObject({ outcome: 'denied', notice: true });
    // Found compromised by the service itself, it does.
    expect(
      events(risky('RiskyAgents', { agentDisplayName: 'a', riskState: 'confirmedCompromised' })).map(
        ({ kind }) => kind,
      ),
    ).toEqual(['auth', 'alert']);
  });

  it('each update is another event; the same update told again is the same', () => {
    const ids = (more: object) => events(risky('RiskyAgents', { agentDisplayName: 'a', ...more })).map(({ id }) => id);
    expect(ids({})).toEqual(ids({}));
    const all = [
      ids({}),
      ids({ riskState: 'dismissed' }),
      ids({ riskLastUpdatedDateTime: '2026-05-08T13:09:00Z' }),
    ].flat();
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('audit', () => {
  it('a person who adds an agent: an event, and the agent is known', () => {
    const [auth, inventory] = events(audit());
    expect(auth).toMatchObject({
      kind: 'auth',
      id: 'entra:audit:Directory_1',
      agent: { id: SP, name: 'mail-agent' },
      user: { id: USER },
      outcome: 'success',
      resource: 'Add service principal: mail-agent',
      notice: true,
    });
    expect(inventory).toMatchObject({ kind: 'inventory', subject: 'agent', name: 'mail-agent', agent: { id: SP } });
  });
  it('an agent that is refused a change is the one who was refused', () => {
    const event = only(
      'auth',
      audit({
        activityDisplayName: 'Add app role assignment to service principal'.replace('Add', 'Grant'),
        result: 'failure',
        resultReason: 'Insufficient privileges',
        initiatedBy: { app: { servicePrincipalId: SP, displayName: 'mail-agent' } },
        targetResources: [{ id: 'other', displayName: 'Other', type: 'User' }],
      }),
    );
    expect(event).toMatchObject({ agent: { id: SP }, outcome: 'failure', reason: 'Insufficient privileges' });
    expect(event.notice).toBeUndefined();
  });
});

describe('alerts', () => {
  it('a SecurityAlert of Sentinel: its agent, its user, its state', () => {
    expect(only('alert', securityAlert())).toMatchObject({
      alertId: '2517-alert',
      product: 'Microsoft Defender for Cloud',
      title: 'A Jailbreak attempt was blocked by Prompt Shields',
      severity: 'medium',
      state: 'new',
      agent: { id: 'mail-agent' },
      user: { id: USER },
      timeMs: AT_MS,
      source: { dialect: 'security-alert' },
    });
  });
  it.each([
    ['New', 'new'],
    ['newAlert', 'new'],
    ['Active', 'active'],
    ['InProgress', 'active'],
    ['in progress', 'active'],
    ['Resolved', 'resolved'],
    ['Dismissed', 'resolved'],
    ['somethingOfTheFuture', 'active'],
  ])('status %s is %s', (status, state) => {
    expect(only('alert', securityAlert({ Status: status })).state).toBe(state);
    expect(only('alert', graphAlert({ status })).state).toBe(state);
  });
  it('an alert of Graph: the agent counts before the application beside it', () => {
    expect(only('alert', graphAlert())).toMatchObject({
      alertId: 'da637551227677560813_-961444813',
      severity: 'high',
      agent: { id: SP, name: 'mail-agent' },
      user: { id: USER },
      timeMs: AT_MS,
    });
    expect(
      events({ value: [graphAlert(), graphAlert({ status: 'resolved' })] }).map(
        (event) => (event as EventOf<'alert'>).state,
      ),
    ).toEqual(['new', 'resolved']);
  });
  it('Defender for Cloud, as its REST objects and its export write it', () => {
    const properties = {
      systemAlertId: '2517-rest',
      alertDisplayName: 'Jailbreak',
      severity: 'High',
      status: 'Resolved',
      timeGeneratedUtc: AT,
      productName: 'Defender for AI',
      entities: [{ type: 'ai-agent', agentId: SP, name: 'mail-agent' }],
    };
    for (const record of [
      { id: '/subscriptions/x', name: '2517-rest', type: 'Microsoft.Security/Locations/alerts', properties },
      properties,
    ])
      expect(only('alert', record)).toMatchObject({ alertId: '2517-rest', state: 'resolved', agent: { id: SP } });
  });
  it('an alert that names nobody says so; two agents are two events', () => {
    const nobody = only('alert', securityAlert({ Entities: '[]', ExtendedProperties: '{}' }));
    expect(nobody).toMatchObject({ agent: { id: 'unknown' }, assumed: ['agent.id', 'session.id'] });
    const two = events(
      graphAlert({
        evidence: ['a', 'b', 'a'].map((agentId) => ({
          '@odata.type': '#microsoft.graph.security.aiAgentEvidence',
          agentId,
        })),
      }),
    );
    expect(two.map(({ agent }) => agent.id)).toEqual(['a', 'b']);
    expect(new Set(two.map(({ id }) => id)).size).toBe(2);
  });
  it('an incident that is closed resolves the alerts in it; an open one is told by its alerts', () => {
    const incident = {
      Type: 'SecurityIncident',
      TimeGenerated: AT,
      LastModifiedTime: AT,
      IncidentNumber: 4,
      Title: 'Agent misuse',
      Status: 'Closed',
      Classification: 'FalsePositive',
      AlertIds: '["2517-alert","2517-other"]',
    };
    expect(events(incident)).toMatchObject([
      { alertId: '2517-alert', state: 'resolved' },
      { alertId: '2517-other', state: 'resolved' },
    ]);
    expect(take({ ...incident, Status: 'Active' })).toMatchObject({ events: 0, ignored: 1, refused: [] });
  });
  it('our own rules do not come back as alerts', () => {
    const own = { ExtendedProperties: JSON.stringify({ Query: 'StepdownIncidents_CL | where Version == 1' }) };
    expect(take(securityAlert(own))).toMatchObject({ events: 0, ignored: 1 });
    const title = 'Odd request [stepdown:0011]';
    expect(take(securityAlert({ DisplayName: title, ProductName: 'Azure Sentinel' }))).toMatchObject({ ignored: 1 });
    expect(take(graphAlert({ title, productName: 'Microsoft Sentinel' }))).toMatchObject({ events: 0, ignored: 1 });
    expect(only('alert', graphAlert({ title })).title).toBe(title);
    // What an attacker can write into an alert does not hide it.
    expect(only('alert', securityAlert({ Description: 'StepdownIncidents_CL' })).alertId).toBe('2517-alert');
  });
  it("Defender XDR's stream: the alert, and whom it is about, row by row", () => {
    const row = (category: string, properties: object) => ({
      time: AT,
      tenantId: 'x',
      operationName: 'Publish',
      category: `AdvancedHunting-${category}`,
      properties: { Timestamp: AT, AlertId: 'da1', Title: 'Odd', Severity: 'Medium', ...properties },
    });
    expect(
      only('alert', row('AlertInfo', { Category: 'Execution', ServiceSource: 'Microsoft Defender for Endpoint' })),
    ).toMatchObject({ alertId: 'da1', product: 'Microsoft Defender for Endpoint', state: 'new' });
    expect(only('alert', row('AlertEvidence', { EntityType: 'User', AccountObjectId: USER }))).toMatchObject({
      user: { id: USER },
    });
    expect(
      only(
        'alert',
        row('AlertEvidence', {
          EntityType: 'OAuthApplication',
          AdditionalFields: JSON.stringify({ OAuthObjectId: SP, Name: 'mail-agent' }),
        }),
      ),
    ).toMatchObject({ agent: { id: SP, name: 'mail-agent' } });
    expect(take(row('AlertEvidence', { EntityType: 'Ip', RemoteIP: '203.0.113.1' }))).toMatchObject({
      events: 0,
      ignored: 1,
    });
    expect(take(row('DeviceProcessEvents', {}))).toMatchObject({ events: 0, ignored: 1 });
  });
});

it('an agent that the configuration names is known by the id of its telemetry', () => {
  const named = new Intake({
    inspector: createInspector(),
    tenant: 'default',
    latenessMs: 900_000,
    skewMs: 120_000,
    keepContent: true,
    keepLetters: true,
    agentNames: new Map([[SP, 'billing-prod']]),
  });
  const records = [
    principalSignIn('ServicePrincipalSignInLogs', { servicePrincipalId: SP.toUpperCase() }),
    graphAlert(),
    userSignIn(),
  ];
  expect(eventsOf(named.document({ records }, arrival)).map(({ agent, streamKey }) => [agent.id, streamKey])).toEqual([
    ['billing-prod', 'default/agent/billing-prod'],
    ['billing-prod', 'default/agent/billing-prod'],
    [APP, `default/agent/${APP}`],
  ]);
});

describe('spans by way of Application Insights', () => {
  it('are read in their own dialect', () => {
    expect(events({ records: [dependency()] })).toMatchObject([
      {
        kind: 'tool.call',
        tool: 'send_mail',
        agent: { id: SP },
        session: { id: 'c1' },
        service: 'mail-service',
        arguments: { to: 'amal@contoso.example' },
        timeMs: AT_MS,
      },
      // JavaScript's measure: the start is whole milliseconds, so the end is.
      { kind: 'tool.result', timeMs: AT_MS + 12 },
    ]);
    expect(take(dependency({ Properties: { 'http.method': 'GET' } }))).toMatchObject({ events: 0, ignored: 1 });
  });
  it('a failed one failed', () => {
    expect(events(dependency({ Success: 'False', ResultCode: '403' }))[1]).toMatchObject({
      errorType: 'error',
      denied: true,
    });
  });
});

describe('what cannot be read', () => {
  it('is refused with its pointer, and the others go on', () => {
    const taken = take({
      records: [
        userSignIn(),
        5,
        envelope('SignInLogs', { id: 'x' }, { resultType: null }),
        userSignIn({ id: 'sign-in-9' }),
      ],
    });
    expect(taken).toMatchObject({ events: 2, items: 4 });
    expect(taken.refused).toEqual([
      { pointer: '/records/1', message: 'an Azure record is an object' },
      {
        pointer: '/records/2/properties/status/errorCode',
        message: 'a sign-in says how it ended: `resultType` or `status.errorCode`',
      },
    ]);
    const [, letter] = lettersOf(taken);
    expect(letter).toMatchObject({
      source: 'hub/0@7',
      format: 'azure',
      reason: { pointer: '/records/2/properties/status/errorCode' },
    });
    if (!letter) return;
    const mended = { ...letter, payload: userSignIn({ id: 'mended' }) };
    const again = intake.again(mended, { ...arrival, source: 'retry' });
    expect(again.ok && eventsOf(again.taken).map(({ id }) => id)).toEqual(['entra:sign-in:mended']);
  });
  it('categories nobody here reads are counted, not refused', () => {
    expect(take({ records: [envelope('GatewayLogs', {}), envelope('RequestResponse', {})] })).toMatchObject({
      events: 0,
      items: 2,
      ignored: 2,
      refused: [],
    });
  });
  it('lists in lists do not run out of stack', () => {
    let nested: unknown = userSignIn();
    for (let depth = 0; depth < 5_000; depth++) nested = depth % 2 === 0 ? [nested] : { records: [nested] };
    expect(take(nested)).toMatchObject({ events: 0, refused: [{ message: 'lists in lists in lists' }] });
  });
  it('nothing that arrives is thrown back, and what is taken has an id and a time', () => {
    const names = [
      'SignInLogs',
      'RiskyAgents',
      'UserRiskEvents',
      'AuditLogs',
      'SecurityAlert',
      'SecurityIncident',
      'AdvancedHunting-AlertEvidence',
      'AppDependencies',
      'x',
    ];
    const bases = [
      userSignIn(),
      audit(),
      securityAlert(),
      graphAlert(),
      dependency(),
      principalSignIn('ManagedIdentitySignInLogs'),
    ];
    const keys = [
      ...new Set(
        bases.flatMap((base) => [
          ...Object.keys(base),
          ...Object.keys((base['properties'] as object | undefined) ?? {}),
        ]),
      ),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...bases),
        fc.option(fc.constantFrom(...names), { nil: undefined }),
        fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }),
        fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }),
        (base, category, outer, inner) => {
          const record = {
            ...base,
            ...outer,
            ...(category !== undefined && { category }),
            properties: { ...((base['properties'] as object | undefined) ?? {}), ...inner },
          };
          const taken = take({ records: [record] });
          expect(taken.events + taken.ignored + taken.refused.length).toBeGreaterThan(0);
          for (const event of eventsOf(taken)) {
            expect(event.id).not.toBe('');
            expect(Number.isFinite(event.timeMs)).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
