/**
 * Names for users that tell nothing of them: HMAC-SHA-256 of the id under a key of the installation's own, so that
 * the same user is the same entity everywhere, and nobody without the key can try out whose pseudonym one is.
 * Texts are not changed: whoever is named in a conversation stays named there until its content goes.
 */
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from './config.js';
import { ensureKey } from './secret-file.js';

/** What stands for a user's id from the border on. A pseudonym stays as it is. */
export type UserNames = (userId: string) => string;

const PSEUDONYM = /^user-[0-9a-f]{32}$/;
const KEY_FILE = 'user-key';

export function userNames(config: Pick<Config, 'dataDir' | 'ingest'>): UserNames {
  if (config.ingest.userIds === 'as-sent') return (userId) => userId;
  const key = ensureKey(config.ingest.userKey ?? join(config.dataDir, KEY_FILE));
  return (userId) =>
    PSEUDONYM.test(userId)
      ? userId
      : `user-${createHmac('sha256', key).update('user').update(userId, 'utf8').digest('hex').slice(0, 32)}`;
}

/** The event with its user's name as it is kept; the very same event where that is what it has. */
export function withUserNamed<E extends { user?: { id: string } | undefined }>(event: E, names: UserNames): E {
  if (event.user === undefined) return event;
  const id = names(event.user.id);
  return id === event.user.id ? event : { ...event, user: { ...event.user, id } };
}
