/** The worker's side of `Child`: named questions from the bench, answered one by one. */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Reply } from '../child.ts'

/** What a process has taken since it was last asked to start counting. */
export interface Use {
  /** Milliseconds of processor time, user and system. */
  readonly cpuMs: number
  /** Milliseconds that the event loop came too late, at the worst and for 99 of 100 turns. */
  readonly delayMaxMs: number
  readonly delayP99Ms: number
}

type Handlers = Readonly<Record<string, (input: never) => unknown>>

export function answerAsks(handlers: Handlers): void {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let since = process.cpuUsage()
  const common: Handlers = {
    count: () => {
      since = process.cpuUsage()
      delay.reset()
    },
    use: (): Use => {
      const { user, system } = process.cpuUsage(since)
      return {
        cpuMs: (user + system) / 1000,
        delayMaxMs: delay.max / 1e6,
        delayP99Ms: delay.percentile(99) / 1e6,
      }
    },
  }
  process.on('SIGTERM', () => process.exit(0))
  process.on('message', async ({ id, name, input }: { id: number; name: string; input: never }) => {
    const handler = handlers[name] ?? common[name]
    try {
      if (!handler) throw new Error(`There is no answer to ${name}.`)
      send({ id, value: await handler(input) })
    } catch (error) {
      send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  })
}

function send(reply: Reply): void {
  process.send?.(reply)
}

/** What the bench gave this process to begin with. */
export function settings<Settings>(): Settings {
  return JSON.parse(process.argv[2] ?? '{}') as Settings
}
