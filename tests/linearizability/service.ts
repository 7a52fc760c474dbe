/** The service that histories are made against, and what of it is killed meanwhile. */

import { OssWire } from '../support/oss-wire.ts'
import {
  KEY_PAIR,
  killWithWorkers,
  type ServeProcess,
  serveProcess,
  workersOf,
} from '../support/serve-process.ts'

/** More than ever ask at once: what waits for a connection of a closed agent waits for ever. */
const MOST_CLIENTS = 64

/** One life of the service, from a start to the death of all of its processes. */
export interface Life {
  readonly wire: OssWire
  /** Tick at which all of its processes were dead; Infinity while they live. */
  over: number
}

export interface Service {
  /** Resolves once there is one that serves. */
  life(): Promise<Life>
  /** Whoever has lost a connection asks whether a kill is why, and waits until it is over. */
  settled(): Promise<void>
}

/** A life that nobody ends. */
export function lasting(port: number): Service & { close(): void } {
  const wire = new OssWire({ port, credentials: KEY_PAIR, maxSockets: MOST_CLIENTS })
  const life: Life = { wire, over: Number.POSITIVE_INFINITY }
  return { life: async () => life, settled: async () => {}, close: () => wire.close() }
}

/** A primary gives up when more than ten of its workers end in a minute. */
const MOST_WORKERS_KILLED = 8

/** Two workers over one directory, which die and come back. */
export class MortalService implements Service {
  workersKilled = 0
  serversKilled = 0
  readonly #directory: string
  readonly #tick: () => number
  #process: ServeProcess
  #life: Life
  #killing: Promise<void> = Promise.resolve()
  #workersKilledInLife = 0

  private constructor(directory: string, process: ServeProcess, tick: () => number) {
    this.#directory = directory
    this.#process = process
    this.#tick = tick
    this.#life = begin(process.port)
  }

  static async start(directory: string, tick: () => number): Promise<MortalService> {
    return new MortalService(directory, await startWorkers(directory), tick)
  }

  async life(): Promise<Life> {
    await this.#killing
    return this.#life
  }

  async settled(): Promise<void> {
    await this.#killing
  }

  /** Kills one worker with SIGKILL; the other one serves on, and a new one takes its place. */
  async killWorker(pick: (count: number) => number): Promise<void> {
    await this.#killing
    if (this.#workersKilledInLife >= MOST_WORKERS_KILLED) return await this.killAll()
    const workers = await workersOf(this.#process)
    const victim = workers[pick(workers.length)]
    if (victim === undefined) return
    this.#workersKilledInLife += 1
    this.workersKilled += 1
    process.kill(victim, 'SIGKILL')
  }

  /** Kills all processes with SIGKILL and starts new ones over the same directory. */
  killAll(): Promise<void> {
    this.#killing = this.#killing.then(() => this.#restart())
    return this.#killing
  }

  async close(): Promise<void> {
    await this.#killing
    this.#life.wire.close()
    await killWithWorkers(this.#process)
  }

  async #restart(): Promise<void> {
    await killWithWorkers(this.#process)
    this.#life.over = this.#tick()
    this.#life.wire.close()
    this.serversKilled += 1
    this.#workersKilledInLife = 0
    this.#process = await startWorkers(this.#directory)
    this.#life = begin(this.#process.port)
  }
}

async function startWorkers(directory: string): Promise<ServeProcess> {
  return await serveProcess(directory, { args: ['--workers', '2'] })
}

function begin(port: number): Life {
  const wire = new OssWire({ port, credentials: KEY_PAIR, maxSockets: MOST_CLIENTS })
  return { wire, over: Number.POSITIVE_INFINITY }
}
