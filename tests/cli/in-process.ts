/** The command inside the test's own process, which spares the start of another one. */

import { COMMAND } from '../support/serve-process.ts'
import type { Outcome } from './lading.ts'

export interface Surroundings {
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
}

let last: Promise<unknown> = Promise.resolve()

/** One at a time, as each has the process's streams, directory and environment to itself. */
export function runInProcess(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<Outcome> {
  const next = last.then(() => runAlone(args, surroundings))
  last = next.catch(() => {})
  return next
}

async function runAlone(
  args: readonly string[],
  { directory, environment }: Surroundings,
): Promise<Outcome> {
  const { run } = await import('../../packages/cli/src/program.ts')
  const before = { directory: process.cwd(), env: process.env, argv: process.argv }
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)]
  process.chdir(directory)
  process.env = { ...environment }
  process.argv = [process.execPath, COMMAND, ...args]
  try {
    const status = await run(process.argv)
    return { status, stdout: stdout.written(), stderr: stderr.written().toString() }
  } finally {
    process.chdir(before.directory)
    process.env = before.env
    process.argv = before.argv
    stdout.release()
    stderr.release()
  }
}

/** Keeps what is written to a stream of the process instead of writing it. */
function capture(stream: NodeJS.WriteStream): { written(): Buffer; release(): void } {
  const chunks: Buffer[] = []
  const write = stream.write
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    // Copied: whoever writes may use its memory again.
    chunks.push(Buffer.from(chunk as Uint8Array))
    const done = rest.findLast((argument) => typeof argument === 'function')
    if (done) process.nextTick(done as () => void)
    return true
  }) as typeof stream.write
  return {
    written: () => Buffer.concat(chunks),
    release: () => {
      stream.write = write
    },
  }
}
