/** HTTP byte for byte: what is sent is what the test says, and answers are read as they come. */

import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectSecurely, type TLSSocket } from 'node:tls'

export interface RawAnswer {
  readonly status: number
  readonly reason: string
  /** By lower-case name; the last line of a name counts. */
  readonly headers: ReadonlyMap<string, string>
  /** Everything before the body, as it came. */
  readonly head: string
  readonly body: Buffer
  readonly text: string
}

/** Milliseconds of silence after which a test gives up. */
const SILENCE = 30_000

export class RawConnection {
  readonly socket: Socket
  /** What the system said instead of sending or receiving, such as a reset by the server. */
  failure: Error | undefined
  #received: Buffer = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    const end = (): void => {
      this.#ended = true
      this.#wake()
    }
    socket.on('end', end).on('close', end)
    socket.on('error', (error) => {
      this.failure = error
      end()
    })
    socket.setTimeout(SILENCE, () => socket.destroy(new Error('Nothing came.')))
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject)
    })
    return new RawConnection(socket)
  }

  /** Through TLS, whoever's certificate it is. Rejects when the two sides find no way to speak. */
  static async openSecurely(
    port: number,
    options: ConnectionOptions = {},
  ): Promise<RawConnection & { readonly socket: TLSSocket }> {
    const target = { port, host: '127.0.0.1', allowHalfOpen: true, rejectUnauthorized: false }
    const socket = connectSecurely({ ...target, ...options })
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject)
    })
    return new RawConnection(socket) as RawConnection & { readonly socket: TLSSocket }
  }

  /** Latin-1 text or bytes. Resolves once the system has taken them, or the connection is gone. */
  send(bytes: string | Uint8Array): Promise<void> {
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    return new Promise((resolve) => {
      if (this.socket.destroyed) resolve()
      else this.socket.write(data, () => resolve())
    })
  }

  /** The next answer, interim ones too. Rejects when the connection ends before it is whole. */
  async answer(options: { readonly head?: boolean } = {}): Promise<RawAnswer> {
    const end = await this.#until(() => {
      const at = this.#received.indexOf('\r\n\r\n')
      return at < 0 ? undefined : at + 4
    })
    const head = this.#received.subarray(0, end).toString('latin1')
    const [statusLine = '', ...lines] = head.trimEnd().split('\r\n')
    const [, status = '', reason = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine) ?? []
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
      }),
    )
    const bodiless = options.head || /^(1..|204|304)$/.test(status)
    const length = bodiless ? 0 : Number(headers.get('content-length') ?? '0')
    await this.#until(() => (this.#received.length >= end + length ? end : undefined))
    const body = this.#received.subarray(end, end + length)
    this.#received = this.#received.subarray(end + length)
    return { status: Number(status), reason, headers, head, body, text: body.toString('utf8') }
  }

  /** Everything that still comes, until the server ends the connection. */
  async rest(): Promise<string> {
    while (!this.#ended) await this.#more()
    return this.#received.toString('latin1')
  }

  /** Says that nothing more will be sent. */
  end(): void {
    this.socket.end()
  }

  destroy(): void {
    this.socket.destroy()
  }

  async #until(found: () => number | undefined): Promise<number> {
    for (;;) {
      const value = found()
      if (value !== undefined) return value
      if (this.#ended) {
        throw new Error(
          `The connection ended before a whole answer: ${JSON.stringify(this.#received.toString('latin1'))}`,
        )
      }
      await this.#more()
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

/** Sends `bytes` on a connection of their own and gives back the first final answer. */
export async function ask(
  port: number,
  bytes: string | Uint8Array,
  options: { readonly head?: boolean } = {},
): Promise<RawAnswer> {
  const connection = await RawConnection.open(port)
  try {
    await connection.send(bytes)
    for (;;) {
      const answer = await connection.answer(options)
      if (answer.status >= 200) return answer
    }
  } finally {
    connection.destroy()
  }
}

/** The content of the first element of that name, with the predefined entities undone. */
export function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>(.*?)</${name}>`, 's')
    .exec(xml)?.[1]
    ?.replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
