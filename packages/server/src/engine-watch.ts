/** Looks again and again whether engines on other machines are there, for whoever asks if we are ready. */

import { collectRegularly } from './collect-regularly.ts'

/** An engine that may be gone while this process is well. */
export interface RemoteEngine {
  /** Such as `database`. */
  readonly name: string
  /** Rejects while it does not answer; takes seconds at most. */
  probe(): Promise<void>
}

export interface EngineWatch {
  /** Whether all of them answered when they were last asked. */
  readonly isWell: boolean
  stop(): Promise<void>
}

export interface EngineWatchOptions {
  /** Milliseconds between two looks. */
  readonly intervalMs: number
  /** Called once for each that is gone, and once when it is back. */
  readonly onGone: (name: string, error: unknown) => void
  readonly onBack: (name: string) => void
}

/** All are taken to be well at first: opening them has just shown it. */
export function watchEngines(
  engines: readonly RemoteEngine[],
  { intervalMs, onGone, onBack }: EngineWatchOptions,
): EngineWatch {
  const gone = new Set<string>()
  async function look({ name, probe }: RemoteEngine): Promise<void> {
    try {
      await probe()
      if (gone.delete(name)) onBack(name)
    } catch (error) {
      if (gone.has(name)) return
      gone.add(name)
      onGone(name, error)
    }
  }
  const looks = collectRegularly(() => Promise.all(engines.map(look)), {
    intervalMs: engines.length === 0 ? 0 : intervalMs,
    report: () => {},
  })
  return {
    get isWell() {
      return gone.size === 0
    },
    stop: () => looks.stop(),
  }
}
