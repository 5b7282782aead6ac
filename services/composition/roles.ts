/** The services an engine is made of. `up` runs all of them in one process, `run NAME` one. */
export const ROLES = ['ingest', 'detect', 'respond', 'enforce', 'forward', 'gateway'] as const;
export type Role = (typeof ROLES)[number];
