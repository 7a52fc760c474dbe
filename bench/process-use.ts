/** The most anonymous memory of a process while it was watched. */

import { readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

const INTERVAL_MS = 25

export interface Watch {
  /** Ends the watch; resolves with bytes, `undefined` where the system does not tell (only Linux does). */
  stop(): Promise<number | undefined>
}

/**
 * Samples `RssAnon`. Resident memory as a whole would count LMDB's mapped pages, which the kernel
 * takes back whenever it likes.
 */
export function watchMemory(pid: number): Watch {
  let peak: number | undefined
  let running = true
  const sampling = (async () => {
    while (running) {
      const now = await anonymousMemory(pid)
      if (now === undefined) return
      if (peak === undefined || now > peak) peak = now
      await wait(INTERVAL_MS)
    }
  })()
  return {
    async stop() {
      running = false
      await sampling
      return peak
    },
  }
}

async function anonymousMemory(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const found = /^RssAnon:\s+(\d+) kB$/m.exec(status)
    return found ? Number(found[1]) * 1024 : undefined
  } catch {
    return undefined
  }
}
