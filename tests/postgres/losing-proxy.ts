/** Stands before the database and loses connections at a chosen statement: before it arrives, or with its answer. */

import { connect, createServer, type Server, type Socket } from 'node:net'

export type Loss = 'the statement' | 'the answer'

interface Plan {
  readonly statement: string
  readonly loss: Loss
  readonly meanwhile: () => Promise<unknown>
}

export class LosingProxy {
  #server: Server | undefined
  #plan: Plan | undefined
  #lost = 0
  readonly #asked = new Map<string, number>()

  /** The address of the database, by way of this proxy. */
  async before(url: string): Promise<string> {
    const target = new URL(url)
    const port = Number(target.port)
    const server = createServer((client) => this.#relay(client, port))
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
    this.#server = server
    const address = server.address()
    target.port = String(address && typeof address === 'object' ? address.port : 0)
    return target.href
  }

  /** Loses the next connection that asks for this statement, once; before an answer is lost, `meanwhile` runs. */
  loseAt(statement: string, loss: Loss, meanwhile: Plan['meanwhile'] = async () => {}): void {
    this.#plan = { statement, loss, meanwhile }
  }

  /** How many connections it lost. */
  get lost(): number {
    return this.#lost
  }

  /** How often the statements of these names were asked for since the last look. */
  asked(...names: readonly string[]): number {
    const sum = names.reduce((count, name) => count + (this.#asked.get(name) ?? 0), 0)
    this.#asked.clear()
    return sum
  }

  async close(): Promise<void> {
    await new Promise((settle) => this.#server?.close(settle))
  }

  #relay(client: Socket, port: number): void {
    const database = connect(port, '127.0.0.1')
    const end = (): void => {
      client.destroy()
      database.destroy()
    }
    for (const socket of [client, database]) socket.on('error', end).on('close', end)
    let losing: Plan | undefined
    client.on('data', (chunk) => {
      for (const [, name = ''] of chunk.toString('latin1').matchAll(/\0([a-zA-Z]{4,40})\0/g)) {
        this.#asked.set(name, (this.#asked.get(name) ?? 0) + 1)
      }
      // Whoever executes a prepared statement says its name between two zeros.
      const isIt = this.#plan && chunk.includes(`\0${this.#plan.statement}\0`)
      if (!this.#plan || !isIt) {
        database.write(chunk)
        return
      }
      losing = this.#plan
      this.#plan = undefined
      this.#lost += 1
      if (losing.loss === 'the statement') end()
      else database.write(chunk)
    })
    database.on('data', (chunk) => {
      if (losing) void losing.meanwhile().finally(end)
      else client.write(chunk)
    })
  }
}
