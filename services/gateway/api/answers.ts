/**
 * Answers of people from a chat, or from any program that signs: `POST /v1/answers/NAME`. No token: the signature says where
 * it comes from, its time and its single use that nobody repeats it, the list of approvers who in that chat is who here.
 */
import type { Approval } from '../../../schemas/approval.js';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Principal } from '../../../schemas/principal.js';
import { SCHEMA_VERSION } from '../../../schemas/common.js';
import { StepdownError } from '../../runtime/errors.js';
import { type Answer, type ReadAnswer, type SignedRequest } from '../answers/answer.js';
import { readSigned } from '../answers/signed.js';
import { readSlack } from '../answers/slack.js';
import { readTeams } from '../answers/teams.js';
import type { Engine, GatewayConfig } from '../engine.js';
import { ok, type Reply } from '../http/message.js';
import type { Call, Route } from '../http/router.js';
import type { AnsweredOnce } from '../records/answered-once.js';
import { contractionById, documentsUnder, part } from '../records/read.js';
import { answerApproval } from './approvals.js';

type Channel = GatewayConfig['gateway']['answers'][number];

const READERS: Readonly<Record<Channel['format'], (request: SignedRequest) => ReadAnswer>> = {
  slack: readSlack,
  teams: readTeams,
  signed: readSigned,
};

/** In the name of which principal a person of a chat answers. `undefined`: nobody is to be heard under that id. */
function approverOf({ name: channel, approvers }: Channel, user: string): Principal | undefined {
  const found = approvers.find((each) => each.user === user);
  return (
    found && {
      schemaVersion: SCHEMA_VERSION,
      id: `${channel}:${user}`,
      name: found.name,
      role: 'responder',
      agents: [],
      ...(found.soc ? { soc: true } : {}),
      owns: [...found.owns],
      tokenHash: '',
      createdAtMs: 0,
      createdBy: 'configuration',
    }
  );
}

/** For audit entries of requests that nobody here stands behind. */
const stranger = (channel: string, user: string): Principal => ({
  schemaVersion: SCHEMA_VERSION,
  id: `${channel}:${user}`,
  name: `${channel}:${user}`.slice(0, 128),
  role: 'viewer',
  agents: [],
  tokenHash: '',
  createdAtMs: 0,
  createdBy: 'configuration',
});

export function answerRoutes(engine: Engine, once: AnsweredOnce): Route[] {
  const { tenant, gateway } = engine.config;

  /** A whole id, or the only one that begins so among what waits. */
  const callNamed = (id: string): string => {
    if (engine.point.approvals.get(id) !== undefined) return id;
    const found = engine.point.approvals.all().filter((each) => each.state === 'pending' && each.id.startsWith(id));
    return onlyOne(found, 'call', id);
  };
  const contractionNamed = async (id: string): Promise<string> => {
    if ((await contractionById(engine, id)) !== undefined) return id;
    const found: Contraction[] = [];
    for await (const { value } of documentsUnder<Contraction>(
      engine.drivers.store,
      `contraction/live/${part(tenant)}/`,
    ))
      if (value.state === 'awaiting_approval' && value.id.startsWith(id)) found.push(value);
    return onlyOne(found, 'contraction', id);
  };

  const act = async (answer: Answer, by: Principal, channel: Channel, key: string): Promise<string> => {
    // The audit names the person as they are known here, and beside it the way by which they spoke.
    const reason = `${answer.reason ?? 'no reason given'} (answered through ${channel.name} by ${answer.user})`;
    if (answer.kind === 'call') {
      const state = answer.verb === 'approve' ? 'approved' : 'denied';
      const approval: Approval = await answerApproval(engine, { id: callNamed(answer.id), state, reason }, by);
      return approval.state === 'pending' ? 'Noted. The call waits for the others.' : `The call is ${approval.state}.`;
    }
    const contractionId = await contractionNamed(answer.id);
    const outcome = await engine.command({ do: answer.verb, contractionId }, by, reason, key);
    if (outcome.kind === 'refused') throw new StepdownError('conflict', outcome.message);
    return outcome.kind === 'done' ? `The contraction is ${outcome.message}.` : 'It is recorded and will be done.';
  };

  const settle = async (read: ReadAnswer, channel: Channel): Promise<string> => {
    if (read.kind === 'refused') {
      engine.log.info({ channel: channel.name, why: read.why }, 'an answer was not believed');
      throw new StepdownError('unauthenticated', `This answer is not believed: ${read.why}`);
    }
    if (read.kind === 'unclear') throw new StepdownError('input-refused', `This answers nothing: ${read.why}`);
    const { answer } = read;
    if (!(await once.first(channel.name, read.once, engine.clock.now())))
      throw new StepdownError('conflict', 'This very answer was taken before');
    const principal = approverOf(channel, answer.user);
    if (principal === undefined) {
      const act = answer.kind === 'call' ? `approval.${answer.verb}` : `contraction.${answer.verb}`;
      const why = 'refused: not among the approvers of this channel';
      await engine.audit(stranger(channel.name, answer.user), act, answer.id, answer.reason ?? 'no reason given', why);
      throw new StepdownError('forbidden', 'You are not among those who may answer here', {
        mend: `an admin adds ${answer.user} to \`approvers\` of \`gateway.answers\``,
      });
    }
    try {
      return await act(answer, principal, channel, `${channel.name} ${read.once}`);
    } catch (error) {
      // What was refused stays refused; what went wrong here may be sent again.
      if (!(error instanceof StepdownError) || !SETTLED.has(error.code)) await once.forget(channel.name, read.once);
      throw error;
    }
  };

  const run = async (call: Call): Promise<Reply> => {
    engine.mustRun();
    const channel = gateway.answers.find(({ name }) => name === call.params.name);
    if (channel?.secret === undefined)
      throw new StepdownError('not-found', `Nobody answers through ${(call.params.name ?? '').slice(0, 64)}`);
    const request = { headers: call.headers, text: call.text(), secret: channel.secret, nowMs: engine.clock.now() };
    const read = READERS[channel.format](request);
    if (channel.format !== 'teams' || read.kind === 'refused') return ok({ text: await settle(read, channel) });
    // Teams shows what comes back to whoever wrote, and only where that is a success.
    const text = await settle(read, channel).catch((error: unknown) => {
      if (error instanceof StepdownError) return error.message;
      throw error;
    });
    return ok({ type: 'message', text });
  };

  return [
    {
      method: 'POST',
      path: '/v1/answers/:name',
      right: 'public',
      accepts: ['application/json', 'application/x-www-form-urlencoded'],
      run,
    },
  ];
}

const SETTLED: ReadonlySet<string> = new Set(['not-found', 'forbidden', 'conflict', 'input-refused']);

function onlyOne(found: readonly { id: string }[], noun: string, id: string): string {
  const [one, ...more] = found;
  if (one === undefined) throw new StepdownError('not-found', `No ${noun} ${id} waits for a person`);
  if (more.length > 0) throw new StepdownError('conflict', `Several begin with ${id}; write more of it`);
  return one.id;
}
