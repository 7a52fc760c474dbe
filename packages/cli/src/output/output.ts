/** Where the command's words go: results to stdout, the rest to stderr, or events with `--json`. */

import { type Progress, silent, startProgress as start } from './progress.ts'

/** One line of `--json`: what happened, and its facts. */
export type OutputEvent = { readonly event: string } & Readonly<Record<string, unknown>>

export interface OutputOptions {
  readonly json?: boolean | undefined
  readonly progress?: boolean | undefined
  /** Stdout carries an object's bytes: results and events go to stderr instead. */
  readonly dataOnStdout?: boolean | undefined
}

export class Output {
  readonly json: boolean
  readonly #progress: boolean
  readonly #results: NodeJS.WriteStream
  #current: Progress = silent

  constructor({ json = false, progress = true, dataOnStdout = false }: OutputOptions = {}) {
    this.json = json
    this.#progress = progress
    this.#results = dataOnStdout ? process.stderr : process.stdout
  }

  /** A result: `text` for people, or `event` with `--json`. */
  result(text: string, event: OutputEvent): void {
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

  /** Nothing with `--json` and `--no-progress`. */
  startProgress(label: string | (() => string), total: number | undefined): Progress {
    this.#current.stop()
    this.#current =
      this.json || !this.#progress ? silent : start({ label, total, stream: process.stderr })
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
