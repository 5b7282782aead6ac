/** The one table: kind of enforcement point → what opens it, loaded only where it is configured. */
import { readFileSync } from 'node:fs';
import type { Config } from '../../runtime/config.js';
import { openCredential } from '../../runtime/azure/credential.js';
import { StepdownError } from '../../runtime/errors.js';
import type { Log } from '../../runtime/log.js';
import type { Store } from '../../runtime/store/types.js';
import type { EnforcementPoint } from '../point.js';
import { declarationOf, type PointConfig } from './declare.js';

export interface PointEnvironment {
  now: () => number;
  log: Log;
  store: Pick<Store, 'get' | 'write' | 'scan'>;
  version: string;
}

export async function openPoints(
  config: Pick<Config, 'enforce' | 'clock'>,
  environment: PointEnvironment,
): Promise<EnforcementPoint[]> {
  if (config.clock === 'event') return [];
  return Promise.all(config.enforce.points.map((point) => openPoint(point, environment)));
}

async function openPoint(config: PointConfig, environment: PointEnvironment): Promise<EnforcementPoint> {
  const ca = config.ca === undefined ? {} : { ca: readAuthorities(config.ca) };
  const declaration = declarationOf(config);
  switch (config.type) {
    case 'webhook': {
      const { WebhookPoint } = await import('./webhook/webhook.js');
      const { now, version } = environment;
      return new WebhookPoint({ declaration, url: config.url, secret: config.secret ?? '', ...ca, now, version });
    }
    case 'entra': {
      const { EntraPoint } = await import('./entra/entra.js');
      const { Graph } = await import('./entra/graph.js');
      const { credential: kind, clientId, tenantId, tokenFile, authority, graph: url } = config;
      const credential = await openCredential({ credential: kind, clientId, tenantId, tokenFile, authority }, ca);
      const { now, store } = environment;
      return new EntraPoint({ config, declaration, graph: new Graph({ url, credential, ...ca, now }), store, now });
    }
  }
}

function readAuthorities(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new StepdownError('config-invalid', `the authorities in ${path} cannot be read`, {
      place: { file: path },
      cause,
    });
  }
}
