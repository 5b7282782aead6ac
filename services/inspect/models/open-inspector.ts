/** The inspector a configuration asks for: phrases alone, or phrases and the models of our own, with a judge behind them. */
import type { Config } from '../../runtime/config.js';
import { createInspector, type Inspector, type InspectorOptions } from '../inspect-text.js';
import { EndpointJudge } from './judge/endpoint.js';
import type { JudgeTier } from './judge/judged.js';
import { createSemanticInspector } from './semantic-inspector.js';
import { openDeepTier, openFastReader, openPlaceReader, openPromptReader } from './weight-files.js';

type Inspection = Config['detect']['inspection'];

export interface InspectorChoice extends InspectorOptions {
  models: Inspection['models'];
  /** Without: the default budget. */
  deep?: Pick<Inspection['deep'], 'windows' | 'budgetMs'>;
  judge?: Inspection['judge'];
  /** Does not wait until the deep tier can read. */
  inBackground?: boolean;
  /** Hears of a reader that failed and what is done about it. */
  onFault?: (message: string) => void;
}

/**
 * Reads the weights once, at start. Throws `model-unreadable` where they are missing, `driver-unavailable` with advice where
 * `deep` is asked for and no ONNX runtime is installed.
 */
export async function openInspector({
  models,
  deep,
  judge,
  inBackground,
  onFault,
  ...options
}: InspectorChoice): Promise<Inspector> {
  if (models === 'none') return createInspector(options);
  const [fast, places, prompts, tier] = await Promise.all([
    openFastReader(),
    openPlaceReader(),
    openPromptReader(),
    models === 'deep' ? openDeepTier({ inBackground, onFault }) : undefined,
  ]);
  const asked = judge === undefined ? undefined : judgeOf(judge);
  return createSemanticInspector({
    ...options,
    fast,
    places,
    prompts,
    ...(tier === undefined
      ? {}
      : {
          deep: deep === undefined ? tier : { ...tier, budget: { maxWindows: deep.windows, maxMs: deep.budgetMs } },
        }),
    ...(asked === undefined ? {} : { judge: asked }),
  });
}

function judgeOf({
  url,
  model,
  token,
  timeoutMs,
  perMinute,
  fromPercent,
  untilPercent,
}: Inspection['judge']): JudgeTier | undefined {
  if (url === undefined || model === undefined) return undefined;
  return {
    judge: new EndpointJudge({ url, model, token, timeoutMs, perMinute }),
    from: fromPercent / 100,
    until: untilPercent / 100,
  };
}
