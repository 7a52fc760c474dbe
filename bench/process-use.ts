/** What a process took: the most anonymous memory while it was watched, and its processor time. */

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

/** Hundredths of a second: what the kernel counts in, whatever its own clock does. */
const TICK_MS = 10

/**
 * Milliseconds of processor time so far, in steps of ten; unlike the time on the wall, it hardly
 * depends on who else is busy. `undefined` where the system does not tell.
 */
export async function processorTime(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name of the command, in brackets, may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return undefined
  }
}
