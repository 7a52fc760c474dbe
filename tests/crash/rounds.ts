/** Rounds of work, SIGKILL, restart and comparison. */

import { setTimeout as after } from 'node:timers/promises'
import { OssWire } from '../support/oss-wire.ts'
import { Random } from '../support/random.ts'
import { KEY_PAIR, type ServeProcess, serveProcess } from '../support/serve-process.ts'
import { Ledger } from './ledger.ts'
import { runClient, type Traffic } from './workload.ts'

const CLIENTS = 6
const KEYS_PER_CLIENT = 2

export interface CrashReport {
  readonly rounds: number
  /** Kills with at least one request in flight. */
  readonly killsInFlight: number
  readonly killsDuringComplete: number
  readonly broken: readonly string[]
  readonly ledger: Ledger
}

export interface CrashOptions {
  readonly directory: string
  readonly rounds: number
  readonly seed: number
  /** Stands between the clients and the server; resolves with the port to use instead. */
  readonly interpose?: (port: number) => Promise<{ port: number; close(): Promise<void> }>
  /** Ends the run at the first broken promise. */
  readonly stopAtFirst?: boolean
}

export async function crashRounds(options: CrashOptions): Promise<CrashReport> {
  const { directory, rounds, seed } = options
  const random = new Random(seed)
  const pool = random.bytes(4 << 20)
  const ledger = new Ledger('crash-bucket')
  const broken: string[] = []
  let killsInFlight = 0
  let killsDuringComplete = 0
  let server = await serveProcess(directory)
  try {
    const wire = new OssWire({ port: server.port, credentials: KEY_PAIR })
    await wire.putBucket(ledger.bucket)
    wire.close()
    for (let round = 1; round <= rounds; round += 1) {
      const { inFlight, completesInFlight } = await workUntilKilled(server, options, ledger, {
        random,
        pool,
      })
      if (inFlight > 0) killsInFlight += 1
      if (completesInFlight > 0) killsDuringComplete += 1
      server = await serveProcess(directory)
      const checker = new OssWire({ port: server.port, credentials: KEY_PAIR })
      const found = await ledger.verify(checker)
      checker.close()
      found.unshift(...ledger.wrongAnswers.splice(0))
      broken.push(...found.map((sentence) => `round ${round}: ${sentence}`))
      if (broken.length > 0 && options.stopAtFirst) break
    }
    return { rounds, killsInFlight, killsDuringComplete, broken, ledger }
  } finally {
    await server.kill()
  }
}

async function workUntilKilled(
  server: ServeProcess,
  options: CrashOptions,
  ledger: Ledger,
  { random, pool }: { random: Random; pool: Uint8Array },
): Promise<{ inFlight: number; completesInFlight: number }> {
  const between = await options.interpose?.(server.port)
  const wire = new OssWire({ port: between?.port ?? server.port, credentials: KEY_PAIR })
  let stopped = false
  let firstAcknowledged = (): void => undefined
  const acknowledged = new Promise<void>((resolve) => {
    firstAcknowledged = resolve
  })
  const traffic: Traffic = {
    inFlight: 0,
    completesInFlight: 0,
    onAcknowledged: () => firstAcknowledged(),
  }
  const clients = Array.from({ length: CLIENTS }, (_, client) =>
    runClient(
      {
        wire,
        ledger,
        traffic,
        random: new Random(random.between(1, 2 ** 31)),
        pool,
        keys: keysOf(client),
      },
      () => stopped,
    ),
  )
  await Promise.race([acknowledged, Promise.all(clients)])
  await after(random.between(10, 200))
  const { inFlight, completesInFlight } = traffic
  stopped = true
  await server.kill()
  await Promise.all(clients)
  wire.close()
  await between?.close()
  return { inFlight, completesInFlight }
}

function keysOf(client: number): [string, ...string[]] {
  const keys = Array.from({ length: KEYS_PER_CLIENT }, (_, key) => `client-${client}/object ${key}`)
  return keys as [string, ...string[]]
}
