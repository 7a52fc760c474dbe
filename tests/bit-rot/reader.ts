/** The process that reads a directory whose bytes changed, and how its answers are judged. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** What was asked, and what was answered; a refusal is `refused: CODE`. */
export type Answers = Readonly<Record<string, unknown>>

export interface Reading {
  readonly served: Answers | { readonly refused: string }
  /** What `fsck --deep` found, by its kinds. */
  readonly problems: readonly string[]
}

/** Milliseconds. Damaged pages may lead in a circle. */
const PATIENCE = 30_000

/** Reads directories one after the other; `undefined` for one over which it died or stood still. */
export class Reader {
  #child: ChildProcess | undefined
  #lines: AsyncIterator<string> | undefined

  async read(directory: string): Promise<Reading | undefined> {
    const lines = this.#lines ?? this.#start()
    const child = this.#child
    child?.stdin?.write(`${directory}\n`)
    const impatient = setTimeout(() => child?.kill('SIGKILL'), PATIENCE)
    const { value, done } = await lines.next()
    clearTimeout(impatient)
    if (!done) return JSON.parse(value) as Reading
    await this.stop()
    return undefined
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    this.#lines = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  #start(): AsyncIterator<string> {
    const script = fileURLToPath(new URL('reader.mjs', import.meta.url))
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'ignore'] })
    // It may die over what it was told to read, and then takes no more.
    child.stdin.on('error', () => {})
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    return this.#lines
  }
}

/** What became of a changed byte. */
export type Outcome =
  /** Every answer was the right one. */
  | 'harmless'
  /** It was refused, or looked for in vain, or ended the process; and `fsck` tells of it too. */
  | 'detected'
  /** An answer was not what was stored. */
  | 'served'
  /** Something is missing, and `fsck` calls the directory sound. */
  | 'hidden'

export function judge(truth: Answers, reading: Reading | undefined): Outcome {
  if (!reading || 'refused' in reading.served) return 'detected'
  const { served, problems } = reading
  const pairs = Object.entries(truth).map(([asked, right]) => compare(right, served[asked]))
  if (pairs.includes('wrong')) return 'served'
  if (!pairs.includes('missing')) return 'harmless'
  return problems.length > 0 ? 'detected' : 'hidden'
}

function compare(right: unknown, answer: unknown): 'right' | 'missing' | 'wrong' {
  if (JSON.stringify(answer) === JSON.stringify(right)) return 'right'
  if (answer === undefined) return 'missing'
  if (typeof answer === 'string' && answer.startsWith('refused: ')) return 'missing'
  if (!Array.isArray(right) || !Array.isArray(answer)) return 'wrong'
  const rows = new Set(right.map((row) => JSON.stringify(row)))
  const isList = right.every((row) => Array.isArray(row))
  return isList && answer.every((row) => rows.has(JSON.stringify(row))) ? 'missing' : 'wrong'
}
