/** The background collector: one run after another, until it is told to stop. */

export interface RegularCollection {
  /** Ends the run that is on, and resolves once it has ended. */
  stop(): Promise<void>
}

/**
 * Calls `collect` every `intervalMs`, counted from the end of the run before; never when that is 0.
 * Does not keep the process alive. What a run throws goes to `report`, and the next one is tried.
 */
export function collectRegularly(
  collect: (signal: AbortSignal) => Promise<unknown>,
  options: { readonly intervalMs: number; readonly report: (error: unknown) => void },
): RegularCollection {
  const { intervalMs, report } = options
  const stopped = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let run: Promise<void> = Promise.resolve()

  async function once(): Promise<void> {
    try {
      await collect(stopped.signal)
    } catch (error) {
      if (!stopped.signal.aborted) report(error)
    }
    schedule()
  }

  function schedule(): void {
    if (intervalMs === 0 || stopped.signal.aborted) return
    timer = setTimeout(() => {
      run = once()
    }, intervalMs).unref()
  }

  schedule()
  return {
    stop() {
      stopped.abort()
      clearTimeout(timer)
      return run
    },
  }
}
