/** The keys of `enforce`: the enforcement points outside, and how they are reconciled with the ledger. */
import { CONTROLS } from '../../../schemas/control.js';
import { CREDENTIAL_KINDS } from '../azure/credential.js';
import { ENTITY_TYPES } from '../../../schemas/entity.js';
import { choice, duration, flag, list, path, requiredText, secret, section, text, variant } from './shape.js';

function httpUrl(value: string): string | undefined {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) ? undefined : 'is no http or https address';
}
function httpsUrl(value: string): string | undefined {
  return URL.canParse(value) && new URL(value).protocol === 'https:' ? undefined : 'is no https address';
}
function longEnough(value: string): string | undefined {
  return value.length >= 16 ? undefined : 'must have at least 16 characters';
}
/** It becomes part of effect ids, where `/` separates. */
function pointName(value: string): string | undefined {
  return /^[A-Za-z0-9._-]{1,64}$/.test(value) && value !== 'decision-point'
    ? undefined
    : 'must be 1 to 64 letters, digits, dots, dashes, underscores, and not `decision-point`';
}
function guid(value: string): string | undefined {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ? undefined : 'is no id (a GUID)';
}
const controlName = (value: string) => (Object.hasOwn(CONTROLS, value) ? undefined : 'is no control');
const entityType = (value: string) =>
  (ENTITY_TYPES as readonly string[]).includes(value) ? undefined : 'is no kind of target';

const webhook = section('A webhook of yours; requests are signed (docs/enforcement.md).', {
  name: text('Its name in effects. A point that is renamed is another point.', {
    default: 'webhook',
    check: pointName,
  }),
  url: requiredText('Where to post; https, or loopback.', { check: httpUrl, secret: 'path' }),
  secret: secret('The key of the HMAC-SHA256 signature.', { check: longEnough }),
  ca: path('Authorities to trust beside the usual ones, as a PEM file.'),
  controls: list(
    section('One control it carries out.', {
      control: requiredText('Its name, e.g. `egress.allow`.', { check: controlName }),
      targets: list(text('`agent`, `session`, `user` …', { check: entityType }), 'On what it carries it out.', {
        default: ['agent'],
      }),
      selfExpiring: flag('It drops the control by itself at its expiry, with the engine gone.', false),
      irreversible: text('What does not come back afterwards. Absent: everything does.'),
      propagation: duration('How long until it is in force everywhere, at most.', { default: '0', maximum: '24h' }),
    }),
    'What it carries out.',
  ),
});

const entra = section('Microsoft Entra ID, through Microsoft Graph (docs/entra.md).', {
  name: text('Its name in effects. A point that is renamed is another point.', { default: 'entra', check: pointName }),
  tenantId: requiredText('The directory.', { check: guid }),
  credential: choice(
    CREDENTIAL_KINDS,
    'Who this engine is: the machine, a federated service account, whoever ran `az login`, or the first of these that is there.',
    { default: 'default' },
  ),
  clientId: text('The application or user-assigned identity, where there are several.', { check: guid }),
  tokenFile: path("A federated identity's token; else what AZURE_FEDERATED_TOKEN_FILE says."),
  authority: text('Who issues tokens.', { default: 'https://login.microsoftonline.com', check: httpsUrl }),
  graph: text('Microsoft Graph; another one in sovereign clouds.', {
    default: 'https://graph.microsoft.com',
    check: httpsUrl,
  }),
  ca: path('Authorities to trust beside the usual ones, as a PEM file.'),
  agents: list(
    section('One agent.', {
      agent: requiredText('Its id in telemetry.'),
      servicePrincipal: requiredText('The object id of its service principal.', { check: guid }),
    }),
    'Which agent is which service principal. One that is not named is looked up as `agentIds` says.',
  ),
  agentIds: choice(
    ['named', 'object-id', 'app-id'],
    'What the other agents call themselves by: nothing to be found by, their object id, or their application id.',
    { default: 'named' },
  ),
  disableBy: choice(
    ['policy', 'account'],
    'How `agent.disable` is done: by our own Conditional Access policy, or by `accountEnabled`.',
    { default: 'policy' },
  ),
  confirmCompromised: flag(
    'Whether `agent.disable` also marks the service principal as compromised. What its risk was before does not come back.',
    false,
  ),
  narrow: flag('Whether `scope.narrow` withdraws grants and app roles of the service principal.', false),
  revokeSessions: flag(
    'Whether `auth.reauthenticate` also revokes the sessions of the user. They do not come back.',
    true,
  ),
  policies: section('Our own Conditional Access policies, as `stepdown entra bootstrap` prints them.', {
    blockAgents: text('Blocks the service principals in it.', { check: guid }),
  }),
  groups: section(
    'Our own groups, each the members of one of our own policies; `stepdown entra bootstrap` prints them.',
    {
      mfa: text('Its members need two factors.', { check: guid }),
      passwordless: text('Its members need a passwordless method.', { check: guid }),
      phishingResistant: text('Its members need a phishing-resistant method.', { check: guid }),
      reauthenticate: text('Its members sign in every time.', { check: guid }),
    },
  ),
  propagation: duration(
    'How long until a change is in force everywhere, at most; `15m` where clients evaluate access continuously.',
    {
      default: '90m',
      maximum: '24h',
    },
  ),
});

export const enforce = section('Enforcement points outside, beside the decision point.', {
  reconcileEvery: duration('How often what is in place there is compared with the ledger.', {
    default: '1m',
    minimum: '1s',
    maximum: '1h',
  }),
  actionTimeout: duration('How long one request may take; others go on meanwhile.', {
    default: '20s',
    minimum: '100ms',
    maximum: '10m',
  }),
  points: list(variant({ webhook, entra }, 'One enforcement point.'), 'The enforcement points.'),
});
