/** Where the command's words go: results to stdout, the rest to stderr, or events with `--json`. */

import { type Progress, type ProgressOptions, silent, startProgress as start } from './progress.ts'

/** One line of `--json`: what happened, and its facts. */
export type OutputEvent = { readonly event: string } & Readonly<Record<string, unknown>>

export interface OutputOptions {
  readonly json?: boolean | undefined
  readonly progress?: boolean | undefined
  /** Nothing but what went wrong, of words; `--json` is not shortened. */
  readonly quiet?: boolean | undefined
  /** Stdout carries an object's bytes: results and events go to stderr instead. */
  readonly dataOnStdout?: boolean | undefined
}

export class Output {
  readonly json: boolean
  /** Whether anybody sees how far it is. */
  readonly showsProgress: boolean
  readonly #quiet: boolean
  readonly #results: NodeJS.WriteStream
  #current: Progress = silent

  constructor(options: OutputOptions = {}) {
    const { json = false, progress = true, quiet = false, dataOnStdout = false } = options
    this.json = json
    this.showsProgress = progress && !json && !quiet
    this.#quiet = quiet
    this.#results = dataOnStdout ? process.stderr : process.stdout
  }

  /** A result: `text` for people, or `event` with `--json`. */
  result(text: string, event: OutputEvent): void {
    if (this.#quiet && !this.json) return
    this.#current.aside(() => this.#results.write(`${this.json ? encodeEvent(event) : text}\n`))
  }

  /** Only with `--json`. */
  event(event: OutputEvent): void {
    if (this.json) this.#results.write(`${encodeEvent(event)}\n`)
  }

  /** Advice and warnings: for people, whatever the format of the results. */
  note(text: string): void {
    this.#current.aside(() => process.stderr.write(`${text}\n`))
  }

  /** How many there were, for people alone: to stderr, so that a pipe gets the results. */
  summary(text: string): void {
    if (!this.json && !this.#quiet) this.note(text)
  }

  /** Nothing with `--json`, `--quiet` and `--no-progress`. */
  startProgress(
    label: ProgressOptions['label'],
    total: ProgressOptions['total'],
    isSilent = false,
  ): Progress {
    this.#current.stop()
    const shows = this.showsProgress && !isSilent
    this.#current = shows ? start({ label, total, stream: process.stderr }) : silent
    return this.#current
  }

  /** Takes an open bar away. */
  close(): void {
    this.#current.stop()
  }
}

/** CRC-64 values exceed what a JSON number holds, so they travel as decimal text. */
function encodeEvent(event: OutputEvent): string {
  return JSON.stringify(event, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
}
