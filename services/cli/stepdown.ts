#!/usr/bin/env node
/** The bin: one command line in, one exit code out. */
import { runCommandLine } from './program.js';
import { processTerminal } from './terminal.js';

// A reader that closes its end (`| head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

/** For what was said to be written out; whatever else is still open then is nobody's. */
const LEAVE_WITHIN_MS = 5_000;

process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal());
// A connection that a failed start left behind must not keep a process that does nothing: its supervisor waits for its end.
setTimeout(() => process.exit(), LEAVE_WITHIN_MS).unref();
