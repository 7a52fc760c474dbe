/** The process: one command line in, one exit status out. */

import { run } from './program.ts'

// `lading ls | head` closes the pipe early: nobody is left to read the rest, which is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await run(process.argv)
