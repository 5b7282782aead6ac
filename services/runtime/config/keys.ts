/**
 * Every key of `stepdown.yaml`, with its default and what it is for. `docs/configuration.md` is made from this file, in its
 * order; it is long because it is that one list.
 */
import { enforce } from './enforce.js';
import {
  choice,
  duration,
  flag,
  list,
  number,
  path,
  port,
  requiredText,
  type ResolvedKeys,
  secret,
  section,
  size,
  text,
  variant,
} from './shape.js';
import { kafkaBrokers, kafkaSasl, kafkaTls } from './kafka-login.js';
import { redis } from './redis.js';
import { traces } from './traces.js';
import { sources } from './sources.js';

/** The machine's own zone; a machine without one counts as UTC. */
const MACHINE_ZONE: string = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

function timezone(value: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return undefined;
  } catch {
    return 'is no time zone; write an IANA name such as Europe/Berlin or UTC';
  }
}

function httpUrl(value: string): string | undefined {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) ? undefined : 'is no http or https address';
}

function httpsUrl(value: string): string | undefined {
  return URL.canParse(value) && new URL(value).protocol === 'https:' ? undefined : 'is no https address';
}

function issuerUrl(value: string): string | undefined {
  if (!URL.canParse(value)) return 'is no address';
  const { protocol, hostname } = new URL(value);
  const loopback = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  return protocol === 'https:' || (protocol === 'http:' && loopback) ? undefined : 'is no https address';
}

function immutableId(value: string): string | undefined {
  return /^dcr-[0-9a-f]{32}$/.test(value) ? undefined : 'is no immutable id; it looks like dcr-0123456789abcdef…';
}

function workspaceId(value: string): string | undefined {
  return /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.OperationalInsights\/workspaces\/[^/]+$/i.test(
    value,
  )
    ? undefined
    : 'is no resource id of a workspace';
}

function tenantName(value: string): string | undefined {
  return value.length >= 1 && value.length <= 128 ? undefined : 'must have 1 to 128 characters';
}

function kafkaName(value: string): string | undefined {
  return /^[A-Za-z0-9._-]{0,100}$/.test(value)
    ? undefined
    : 'may only hold letters, digits, dots, hyphens and underscores';
}

function longEnough(value: string): string | undefined {
  return value.length >= 16 ? undefined : 'must have at least 16 characters';
}

/** It stands in an address. */
function channelName(value: string): string | undefined {
  return /^[A-Za-z0-9._-]{1,64}$/.test(value) ? undefined : 'may have letters, digits, dot, dash and underscore';
}

const tls = section('Certificate and key for TLS, both or none, as PEM files.', {
  cert: path('The certificate chain.'),
  key: path('Its private key.'),
});

export const CONFIG_KEYS = {
  tenant: text('Whose data it is where an emitter does not say; resources may name another with `stepdown.tenant`.', {
    default: 'default',
    check: tenantName,
  }),
  dataDir: path('Where everything durable lies. One engine at a time may use it.', { default: './.stepdown' }),
  clock: choice(
    ['wall', 'event'],
    '`wall` is normal. `event` moves time only by what is read, so that a replay gives the same result each time; with Kafka it needs `stream.kafka.partitions: 1`.',
    { default: 'wall' },
  ),
  timezone: text('In which zone times are shown. Stored times are UTC.', {
    default: MACHINE_ZONE,
    shownDefault: "the machine's",
    check: timezone,
  }),
  log: section('What the engine says about its own work, on standard error.', {
    level: choice(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'The least important messages that are still shown.',
      { default: 'info' },
    ),
    format: choice(['pretty', 'json'], '`pretty` for people, `json` (one object a line) for collectors.', {
      default: 'pretty',
    }),
  }),
  metrics: section(
    'Prometheus metrics and health on a port of their own, without a token. On the API’s port they are at `/metrics`, for who may read.',
    {
      host: text('The address it listens on. What is told there names playbooks and counts, no agents.', {
        default: '127.0.0.1',
      }),
      port: number(
        'The port it listens on. Without it `up` does not, and `run` takes 9464. 0 lets the system pick one.',
        {
          maximum: 65_535,
        },
      ),
    },
  ),
  traces,
  health: section('When `/readyz` says that this process is not ready.', {
    maxLag: number('Records that one reader may be behind. 0: any number.', { default: 100_000 }),
  }),
  stream: section('The stream driver.', {
    driver: choice(
      ['embedded', 'kafka'],
      '`embedded`: in the database of `dataDir`. `kafka`: Apache Kafka, or what speaks its protocol.',
      { default: 'embedded' },
    ),
    kafka: section('Kafka, where `stream.driver` says so.', {
      brokers: kafkaBrokers,
      preset: choice(
        ['kafka', 'event-hubs'],
        '`event-hubs`: TLS, records of at most 1,000,000 bytes, and topics (event hubs) that exist already.',
        { default: 'kafka' },
      ),
      prefix: text('In front of the name of every topic and group.', { default: 'stepdown.', check: kafkaName }),
      clientId: text('How this engine calls itself to the brokers.', { default: 'stepdown' }),
      createTopics: flag(
        'Whether missing topics are created at start. Otherwise `stepdown topics create` does it.',
        true,
      ),
      partitions: number(
        'Partitions of the topics that are worked on side by side: the most processes of one service that can share the work. Fixed once a topic exists; see `stepdown topics resize`.',
        { default: 12, minimum: 1, maximum: 1_000 },
      ),
      telemetryBy: choice(
        ['service', 'tenant'],
        'What stays together in one partition of telemetry, with baselines and conversations of its own. `service`: each service (stream key), so that one tenant’s work is shared. `tenant`: everything of a tenant, so that a conversation over several services is seen as one.',
        { default: 'service' },
      ),
      replicas: number('On how many brokers each record stands. With 3, a record counts once 2 have it.', {
        default: 1,
        minimum: 1,
        maximum: 7,
      }),
      compression: choice(['none', 'gzip', 'snappy', 'zstd'], 'How records are packed. `zstd` needs Node 22.15.', {
        default: 'none',
      }),
      maxRecord: size('The largest record.', { default: '8MiB', minimum: '64KiB', maximum: '256MiB' }),
      maxWaiting: size('How much may wait to be written before sources are asked to wait.', {
        default: '64MiB',
        minimum: '1MiB',
        maximum: '16GiB',
      }),
      fetch: size('How much is asked for at once.', { default: '8MiB', minimum: '64KiB', maximum: '256MiB' }),
      queue: size('How much of one partition may wait to be worked off before it is not read on.', {
        default: '4MiB',
        minimum: '64KiB',
        maximum: '1GiB',
      }),
      sessionTimeout: duration('A process not heard of for this long loses its partitions to others.', {
        default: '30s',
        minimum: '1s',
        maximum: '5m',
      }),
      connectTimeout: duration('How long a connection and its login may take.', {
        default: '10s',
        minimum: '100ms',
        maximum: '5m',
      }),
      requestTimeout: duration('How long a request may take.', { default: '30s', minimum: '1s', maximum: '5m' }),
      tls: kafkaTls,
      sasl: kafkaSasl,
    }),
  }),
  store: section('The store driver.', {
    driver: choice(['sqlite', 'redis'], '`sqlite`: in the database of `dataDir`. `redis`: in Redis 6.2 or newer.', {
      default: 'sqlite',
    }),
    redis,
  }),
  schedule: section('The schedule driver.', {
    driver: choice(
      ['sqlite', 'bullmq'],
      '`sqlite`: in the database of `dataDir`. `bullmq`: in the Redis of `store.redis`.',
      { default: 'sqlite' },
    ),
  }),
  retention: section(
    'How long records are kept. What a service has not worked off yet is never dropped, and neither are live contractions and open incidents.',
    {
      content: duration(
        'Texts of prompts, tool results and the like inside telemetry; afterwards only their hashes and findings remain.',
        { default: '7d', minimum: '1m' },
      ),
      telemetry: duration('Telemetry events.', { default: '7d', minimum: '1m' }),
      signals: duration('Signals from detection to response.', { default: '7d', minimum: '1m' }),
      contractions: duration('The stream of contractions, and ended contractions in the ledger.', {
        default: '90d',
        minimum: '1h',
      }),
      incidents: duration('Closed incidents.', { default: '90d', minimum: '1h' }),
      approvals: duration('Answered approvals.', { default: '90d', minimum: '1h' }),
      decisions: duration('Answers of the decision point.', { default: '90d', minimum: '1m' }),
      audit: duration('Who did what, and why.', { default: '90d', minimum: '1h' }),
      deadletter: duration('What could not be read.', { default: '90d', minimum: '1m' }),
      maxDisk: size(
        'When the database holds more than this, the oldest worked-off records go first; when none may go, sources are asked to wait.',
        { default: '10GiB', minimum: '1MiB' },
      ),
    },
  ),
  ingest: section('How telemetry comes in.', {
    otlp: section('The OTLP/HTTP receiver.', {
      enabled: flag('Whether it listens.', true),
      host: text('The address it listens on. Any other than loopback needs `token` and `tls`.', {
        default: '127.0.0.1',
      }),
      port: port('The port it listens on.', 4318),
      token: secret('What emitters send as `Authorization: Bearer …`; not needed on loopback.', { check: longEnough }),
      tls,
      maxBody: size('The largest request, also after decompression.', { default: '16MiB', maximum: '1GiB' }),
      maxPending: size('How much may wait to become durable before emitters are asked to wait (503).', {
        default: '64MiB',
        maximum: '16GiB',
      }),
    }),
    sources,
    lateness: duration(
      'Event times further before their arrival are moved up to this; such events train no baseline.',
      { default: '15m' },
    ),
    skew: duration('Event times further after their arrival are moved back to this; such events train no baseline.', {
      default: '2m',
    }),
    keepContent: flag(
      'Whether texts are stored with the events. Without them findings still carry hashes and short spans.',
      true,
    ),
    userIds: choice(
      ['as-sent', 'pseudonym'],
      'How users are named from the border on: as emitters send them, or by a pseudonym under a key of this installation. Points outside (Entra) can restrict users only by their own ids.',
      { default: 'as-sent' },
    ),
    userKey: path(
      'The file with the key of the pseudonyms. Default: `user-key` in `dataDir`, made at first start; several processes share one.',
    ),
    deadletterContent: flag(
      'Whether refused input is kept whole, so that `deadletter retry` can read it again. Otherwise its content is redacted.',
      false,
    ),
  }),
  gateway: section('The decision point and the API.', {
    host: text('The address it listens on. Any other than loopback needs `tls`.', { default: '127.0.0.1' }),
    port: port('The port it listens on.', 4320),
    publicUrl: text(
      'The https address under which it is reached from outside; only then AuthZEN metadata is published.',
      { check: httpsUrl },
    ),
    tls,
    auditKey: path(
      'The file with the key that seals the audit stream. Default: `audit-key` in `dataDir`, made at first start; several gateways share one.',
    ),
    maxBody: size('The largest request.', { default: '4MiB', maximum: '1GiB' }),
    barrierBudget: duration(
      'How long a reported event may wait until everything it caused is enforced; afterwards the answer says that it was not checked.',
      { default: '2s', minimum: '10ms', maximum: '1m' },
    ),
    oidc: list(
      section('An issuer.', {
        issuer: requiredText('Its address, as its tokens and its discovery document write it.', { check: issuerUrl }),
        audience: requiredText('Whom tokens must be made out to: the application id (URI) of Stepdown there.'),
        clientIds: list(text('An application id.'), 'The applications that may call. Empty: any that has a token.'),
        rolesClaim: text('The claim with the roles; names joined by dots where it stands deeper.', {
          default: 'roles',
        }),
        roles: section('Which values of that claim stand for which role. The strongest counts.', {
          agent: list(text('A value.'), 'May ask for decisions and report events.', { default: ['Stepdown.Agent'] }),
          viewer: list(text('A value.'), 'May read.', { default: ['Stepdown.Viewer'] }),
          responder: list(text('A value.'), 'May also contain, lift, approve.', { default: ['Stepdown.Responder'] }),
          author: list(text('A value.'), 'May also what concerns playbooks.', { default: ['Stepdown.Author'] }),
          admin: list(text('A value.'), 'May everything.', { default: ['Stepdown.Admin'] }),
        }),
        soc: list(text('A value.'), 'Values of that claim that say: belongs to the security team (`by: soc`).', {
          default: ['Stepdown.Soc'],
        }),
        agentsClaim: text(
          'The claim with the agents that an agent speaks for, or a person answers for (`by: owner`). An agent without it speaks for its application id.',
          { default: 'stepdown_agents' },
        ),
      }),
      'Issuers whose access tokens are taken beside local tokens (OpenID Connect), e.g. Entra ID.',
    ),
    answers: list(
      section('A chat, or any program that signs.', {
        name: requiredText('Its name: it posts to `/v1/answers/NAME`.', { check: channelName }),
        format: choice(
          ['slack', 'teams', 'signed'],
          '`slack`: interactivity of a Slack app. `teams`: an outgoing webhook of Microsoft Teams. `signed`: Standard Webhooks.',
          { default: 'signed' },
        ),
        secret: secret('The signing secret of the Slack app, the security token of Teams, or the shared key.', {
          check: longEnough,
        }),
        approvers: list(
          section('A person.', {
            user: requiredText('Who it is in the chat: Slack’s user id, the object id in Entra, or what `by` says.'),
            name: requiredText('Who it is here: what the audit says, and whose promotions they cannot approve.'),
            soc: flag('Belongs to the security team (`by: soc`).', false),
            owns: list(text('Agents; `*` is any run of characters.'), 'Agents it answers for (`by: owner`).'),
          }),
          'Who may answer. Nobody else is heard.',
        ),
      }),
      'Where people answer approvals besides the API, each answer signed.',
    ),
    entra: section(
      'Entra ID tokens, as Copilot Studio sends them. Without `tenantId` and `audience` its endpoints are off.',
      {
        tenantId: text('The directory that issues the tokens.'),
        audience: text('The application id (URI) they must be made out to.'),
        authority: text('Who issues them.', { default: 'https://login.microsoftonline.com', check: httpUrl }),
        clientIds: list(text('An application id.'), 'The applications that may call. Empty: any of the tenant.'),
        whenUnsure: choice(['allow', 'block'], 'What is answered when the budget is spent.', { default: 'block' }),
      },
    ),
  }),
  detect: section('Detection.', {
    sessionIdle: duration('A conversation without events for this long has ended.', { default: '30m', minimum: '1s' }),
    learning: section(
      'A new agent is learned before baseline detectors speak with full confidence: until both are reached.',
      {
        events: number('Events seen.', { default: 200 }),
        for: duration('Time since the first event.', { default: '24h' }),
      },
    ),
    inspection: section('Reading texts.', {
      models: choice(
        ['none', 'fast', 'deep'],
        'What reads texts beside the phrases: no model, the fast models of our own (data for requests to the machine, user turns for attacks; docs/semantic-inspection.md), or with `deep` a small transformer as well, over what the fast one doubts, where waiting is possible (intake, and events told to the gateway). They find what phrases cannot. Their word alone restricts little: it counts where a call obeys what they found.',
        { default: 'deep' },
      ),
      deep: section(
        'What the texts of one event may cost the deep model; what it did not get to is said in the event.',
        {
          windows: number('Windows of up to 64 word pieces; those remembered from other texts do not count.', {
            default: 32,
            minimum: 1,
          }),
          budget: duration('Time. In WebAssembly a window takes some 20 ms, natively 5 ms.', {
            default: '400ms',
            minimum: '10ms',
          }),
          waitPercent: number(
            'Of the time that passes, what intake may wait for the deep model and the judge; up to 2 s are saved, so that what comes now and then is waited for. With 20, a backlog takes at most a quarter longer.',
            { default: 20, minimum: 1, maximum: 100 },
          ),
        },
      ),
      judge: section(
        'A bigger model elsewhere that is asked about what the models doubt. Off without `url`. Excerpts of the texts are sent to it.',
        {
          url: text('An endpoint that speaks OpenAI chat completions, up to and with `/v1`.', {
            check: httpUrl,
            secret: 'path',
          }),
          model: text('The model it is asked for.'),
          token: secret('What is sent as `Authorization: Bearer …`.'),
          timeout: duration('After this long an answer is not waited for.', { default: '3s', minimum: '10ms' }),
          perMinute: number('Questions in a minute; what is beyond is not asked, and that is said.', {
            default: 60,
            minimum: 1,
          }),
          fromPercent: number('Asked about texts from this probability on, 0 to 100.', { default: 10 }),
          untilPercent: number('Asked about texts up to this probability, 0 to 100.', { default: 95 }),
        },
      ),
      maxText: size('Longer texts are read up to here; the rest is said to be skipped.', { default: '1MiB' }),
    }),
    maxStates: number('States of sessions and agents kept in memory; the others are read again when needed.', {
      default: 50_000,
      minimum: 100,
    }),
  }),
  respond: section('Response.', {
    riskHalfLife: duration('How long until a risk has halved.', { default: '10m', minimum: '1s' }),
    lease: duration('How long an enforcement point keeps a contraction without hearing from the engine.', {
      default: '5m',
      minimum: '1s',
    }),
    holdGrace: duration(
      'How much longer it keeps one that says `engineGone: hold`; whoever looks after the decision point is told meanwhile.',
      { default: '1h', minimum: '1s' },
    ),
    playbooks: list(path('A folder or file.'), 'Where playbooks are read from. Empty: those that ship.'),
    overrides: path(
      'Modes, parameters and exceptions of playbooks, kept apart from them. Relative to the configuration file; without one it lies in `dataDir`.',
      {
        default: './overrides.yaml',
      },
    ),
    baseline: path('The baseline policy. None: agents may do everything while nothing is wrong.'),
    incidentsPerPlaybookPerHour: number('What goes beyond becomes one digest.', { default: 20, minimum: 1 }),
    maxStates: number('States of entities and contractions kept in memory; the others are read again when needed.', {
      default: 50_000,
      minimum: 100,
    }),
  }),
  enforce,
  forward: section('Where incidents go.', {
    sinks: list(
      variant(
        {
          file: section('A file of OCSF Detection Findings, one JSON object a line.', {
            name: text('Its name in logs.', { default: 'file' }),
            path: path('The file.', { default: './incidents.ndjson' }),
          }),
          webhook: section('An HTTP endpoint; requests are signed.', {
            name: text('Its name in logs.', { default: 'webhook' }),
            url: requiredText('Where to post; https, or loopback.', { check: httpUrl, secret: 'path' }),
            secret: secret('The key of the HMAC-SHA256 signature.', { check: longEnough }),
            format: choice(
              ['ocsf', 'native', 'slack', 'teams'],
              '`ocsf`, `native`: every version of an incident, for programs. `slack`, `teams`: messages for people, where something is new.',
              { default: 'ocsf' },
            ),
            for: list(
              text('A recipient; `*` is any run of characters.'),
              'Only incidents of playbooks that name one of these in `notify` (`owner` is the playbook’s). Empty: all.',
            ),
            approvals: flag('Also what waits for a person: calls and contractions, and what became of them.', false),
            ca: path('PEM file of further authorities, e.g. of a receiver with a certificate of your own.'),
            timeout: duration('How long one attempt may take.', { default: '10s', minimum: '100ms' }),
            deadline: duration('How long an incident is tried again before it is set aside.', {
              default: '24h',
              minimum: '1s',
            }),
          }),
          console: section('Standard output, one line each.', {
            name: text('Its name in logs.', { default: 'console' }),
            for: list(
              text('A recipient; `*` is any run of characters.'),
              'Only incidents of playbooks that name one of these in `notify`. Empty: all.',
            ),
          }),
          sentinel: section(
            'Tables of a Log Analytics workspace with Microsoft Sentinel, and its incidents: see docs/sentinel.md.',
            {
              name: text('Its name in logs.', { default: 'sentinel' }),
              endpoint: requiredText('The logs ingestion endpoint of the data collection rule.', { check: httpsUrl }),
              rule: requiredText('The immutable id of the data collection rule, `dcr-…`.', { check: immutableId }),
              tables: list(text('A table.'), 'What is sent: `incidents`, `findings`, `contractions`, `decisions`.', {
                default: ['incidents', 'findings', 'contractions', 'decisions'],
              }),
              decisions: choice(
                ['restricted', 'all'],
                '`restricted`: only decisions to block or to ask for approval.',
                { default: 'restricted' },
              ),
              content: choice(
                ['drop', 'mask', 'keep'],
                'Columns with content beyond the evidence. `mask` takes out secrets and personal data of a known form.',
                { default: 'drop' },
              ),
              evidence: choice(['mask', 'drop', 'keep'], 'Columns that quote what was attacked.', { default: 'mask' }),
              texts: choice(['mask', 'drop', 'keep'], 'Sentences about what happened.', { default: 'mask' }),
              persons: choice(
                ['keep', 'hash', 'drop'],
                'Names of persons. `hash`: pseudonyms made with `pseudonymKey`.',
                { default: 'keep' },
              ),
              columns: list(
                text('A rule.'),
                'Single columns told otherwise, e.g. `*.UserName=hash` or `StepdownFindings_CL.EvidenceText=drop`.',
              ),
              pseudonymKey: secret('The key of pseudonyms.', { check: longEnough }),
              credential: choice(
                ['default', 'managed-identity', 'workload-identity', 'cli'],
                'Who the engine is towards Azure. `default`: whatever the environment offers.',
                { default: 'default' },
              ),
              clientId: text('The application id of a user-assigned or federated identity.'),
              tenantId: text('The directory of a federated identity or of the CLI.'),
              tokenFile: path("A federated identity's token; else what AZURE_FEDERATED_TOKEN_FILE says."),
              authority: text('Who issues tokens, in a sovereign cloud.', { check: httpsUrl }),
              audience: text('For whom tokens of the ingestion endpoint are made out.', {
                default: 'https://monitor.azure.com',
                check: httpsUrl,
              }),
              ca: path('PEM file of further authorities, e.g. of a proxy that looks into TLS.'),
              timeout: duration('How long one call may take.', { default: '30s', minimum: '100ms' }),
              maxRows: number('How many rows of a table may wait; beyond it the oldest are given up.', {
                default: 50_000,
                minimum: 100,
              }),
              deadline: duration('How long a row may wait until it is given up.', { default: '30d', minimum: '1s' }),
              incidents: choice(
                ['update', 'create', 'off'],
                '`update`: the incidents that rules made are kept up to date, and verdicts given there come back. `create`: they are made by the API, for workspaces outside the Defender portal. Both need `workspace`.',
                { default: 'update' },
              ),
              workspace: text(
                'The resource id of the workspace, `/subscriptions/…/workspaces/…`. Without it incidents are left alone.',
                { check: workspaceId },
              ),
              management: text('The address of Azure Resource Manager.', {
                default: 'https://management.azure.com',
                check: httpsUrl,
              }),
              poll: duration('How often changed incidents are looked for.', { default: '1m', minimum: '100ms' }),
            },
          ),
        },
        'One sink.',
      ),
      'The sinks, each with a durable queue of its own.',
    ),
  }),
} as const;

/** The configuration as services see it: durations in milliseconds, sizes in bytes, paths absolute; frozen. */
export type Config = ResolvedKeys<typeof CONFIG_KEYS>;
