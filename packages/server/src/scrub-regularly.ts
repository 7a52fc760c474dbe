/** The scrub as a server runs it: pass after pass, and where it was is kept beside the data. */

import { readFile, rename, writeFile } from 'node:fs/promises'
import { setTimeout as after } from 'node:timers/promises'
import { z } from 'zod/v3'
import {
  type ScrubDependencies,
  type ScrubOptions,
  type ScrubPosition,
  scrub,
} from './inspect/scrub.ts'

export interface RegularScrub {
  /** Ends the pass that is on, and resolves once it has ended and its position is kept. */
  stop(): Promise<void>
}

export interface RegularScrubOptions
  extends Pick<ScrubOptions, 'bytesPerSecond' | 'onBytes' | 'onFinding'> {
  /** Where the position is kept; `undefined`: nowhere. */
  readonly path: string | undefined
  /** Says, before each pass and now and then within it, whether it is for this process to do. */
  readonly isOurs: () => Promise<boolean>
  /** Called when a pass comes to the end of everything. */
  readonly onPass: () => void
  /** Told of what ended a pass before its end; another one is tried later. */
  readonly report: (error: unknown) => void
}

/** Milliseconds between the end of a pass and the next. */
const PAUSE = 60_000

/** Milliseconds between two writes of the position. */
const KEEP_INTERVAL = 10_000

const positionSchema = z.object({
  bucket: z.string(),
  of: z.enum(['objects', 'uploads']),
  key: z.string(),
  id: z.string(),
})

export function scrubRegularly(
  dependencies: ScrubDependencies,
  options: RegularScrubOptions,
): RegularScrub {
  const stopped = new AbortController()
  const { signal } = stopped
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      if (await options.isOurs().catch(() => false)) await pass(dependencies, options, signal)
      await after(PAUSE, undefined, { signal, ref: false }).catch(() => {})
    }
  }
  const running = run()
  return {
    stop() {
      stopped.abort()
      return running
    },
  }
}

/** Never rejects. */
async function pass(
  dependencies: ScrubDependencies,
  options: RegularScrubOptions,
  signal: AbortSignal,
): Promise<void> {
  const { path, bytesPerSecond, onBytes, onFinding } = options
  let reached: ScrubPosition | undefined
  let keptAt = performance.now()
  let keeping: Promise<void> = Promise.resolve()
  const keep = (position: ScrubPosition | undefined): Promise<void> => {
    // A position that is lost costs reading again, and nothing else.
    keeping = keeping.then(() => keepPosition(path, position)).catch(() => {})
    return keeping
  }
  const onPosition = (position: ScrubPosition): void => {
    reached = position
    if (performance.now() - keptAt < KEEP_INTERVAL) return
    keptAt = performance.now()
    // That it is claimed is what counts: a pass that was begun is gone on with.
    void options.isOurs().catch(() => false)
    void keep(position)
  }
  try {
    const from = await findPosition(path)
    reached = from
    await scrub(dependencies, { from, bytesPerSecond, onBytes, onFinding, onPosition, signal })
    reached = undefined
    options.onPass()
  } catch (error) {
    if (!signal.aborted) options.report(error)
  }
  await keep(reached)
}

async function findPosition(path: string | undefined): Promise<ScrubPosition | undefined> {
  if (path === undefined) return undefined
  try {
    return positionSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}

async function keepPosition(
  path: string | undefined,
  position: ScrubPosition | undefined,
): Promise<void> {
  if (path === undefined) return
  await writeFile(`${path}.new`, JSON.stringify(position ?? null), { mode: 0o600 })
  await rename(`${path}.new`, path)
}
