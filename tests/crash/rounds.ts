/** Rounds of work, SIGKILL, restart and comparison. */

import { setTimeout as after } from 'node:timers/promises'
import { OssWire, UnexpectedAnswer } from '../support/oss-wire.ts'
import { Random } from '../support/random.ts'
import {
  isAlive,
  KEY_PAIR,
  killWithWorkers,
  type ServeProcess,
  serveProcess,
  workersOf,
} from '../support/serve-process.ts'
import { until } from '../support/until.ts'
import { Ledger } from './ledger.ts'
import { runClient, type Traffic } from './workload.ts'

const CLIENTS = 6
const KEYS_PER_CLIENT = 2

/** What a round kills: a server alone, one of two workers, or a server with both of its workers. */
const VICTIMS = ['server', 'worker', 'server with its workers'] as const

type Victim = (typeof VICTIMS)[number]

export interface CrashReport {
  readonly rounds: number
  readonly kills: Readonly<Record<Victim, number>>
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
  /** Kills by turns what there is; without it always a server that is alone. */
  readonly withWorkers?: boolean
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
  const kills: Record<Victim, number> = { server: 0, worker: 0, 'server with its workers': 0 }
  let server = await serveProcess(directory)
  try {
    const wire = new OssWire({ port: server.port, credentials: KEY_PAIR })
    await wire.putBucket(ledger.bucket)
    wire.close()
    for (let round = 1; round <= rounds; round += 1) {
      const victim = victimOf(round, options)
      const { inFlight, completesInFlight } = await workUntilKilled(server, options, ledger, {
        random,
        pool,
        kill: () => kill(server, victim, random),
      })
      kills[victim] += 1
      if (inFlight > 0) killsInFlight += 1
      if (completesInFlight > 0) killsDuringComplete += 1
      if (victim !== 'worker') {
        const needsWorkers = victimOf(round + 1, options) !== 'server'
        server = await serveProcess(directory, needsWorkers ? { args: ['--workers', '2'] } : {})
      }
      const checker = new OssWire({ port: server.port, credentials: KEY_PAIR })
      if (victim === 'worker') await settle(checker, ledger.bucket)
      const found = await ledger.verify(checker)
      checker.close()
      found.unshift(...ledger.wrongAnswers.splice(0))
      broken.push(...found.map((sentence) => `round ${round}: ${sentence}`))
      if (broken.length > 0 && options.stopAtFirst) break
    }
    return { rounds, kills, killsInFlight, killsDuringComplete, broken, ledger }
  } finally {
    await killWithWorkers(server)
  }
}

function victimOf(round: number, { withWorkers }: CrashOptions): Victim {
  return (withWorkers && VICTIMS[(round - 1) % VICTIMS.length]) || 'server'
}

async function kill(server: ServeProcess, victim: Victim, random: Random): Promise<void> {
  if (victim !== 'worker') return await killWithWorkers(server)
  const workers = await workersOf(server)
  const pid = workers[random.between(0, workers.length - 1)]
  if (pid === undefined) return
  process.kill(pid, 'SIGKILL')
  // Until its parent has taken note, it is given connections, which then end unanswered.
  await until(() => !isAlive(pid))
}

/**
 * What a worker was killed in committing comes into sight, if it does, when another one commits next
 * (`killed-in-commit.test.ts`). After that the dead one can change nothing any more, and what it had
 * not answered was done or was not.
 */
async function settle(wire: OssWire, bucket: string): Promise<void> {
  const { status } = await wire.send('PUT', { bucket, key: 'settled', body: 'settled' })
  if (status !== 200) throw new UnexpectedAnswer(`PutObject answered ${status}`)
}

async function workUntilKilled(
  server: ServeProcess,
  options: CrashOptions,
  ledger: Ledger,
  { random, pool, kill }: { random: Random; pool: Uint8Array; kill: () => Promise<void> },
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
  await kill()
  for (const end of await Promise.all(clients)) {
    if (end instanceof UnexpectedAnswer) ledger.wrongAnswers.push(end.message)
  }
  wire.close()
  await between?.close()
  return { inFlight, completesInFlight }
}

function keysOf(client: number): [string, ...string[]] {
  const keys = Array.from({ length: KEYS_PER_CLIENT }, (_, key) => `client-${client}/object ${key}`)
  return keys as [string, ...string[]]
}
