#!/usr/bin/env node
/** The bin: one command line in, one exit code out. */
import { runCommandLine } from './program.js';
import { processTerminal } from './terminal.js';

// A reader that closes its end (`| head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal());
