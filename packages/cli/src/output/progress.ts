/** Progress on a terminal as a bar that moves, elsewhere as a line now and then. */

import { type Options, SingleBar } from 'cli-progress'
import { barLine, plainLine, type TransferState } from './progress-line.ts'
import { RateMeter } from './rate-meter.ts'

export interface Progress {
  /** `loaded` bytes are there now; of them an earlier run had sent `resumed`, which is no speed. */
  update(loaded: number, resumed?: number): void
  /** Takes the bar away while `write` writes a line of its own. */
  aside(write: () => void): void
  /** Takes the bar away for good. May be repeated. */
  stop(): void
}

export interface ProgressOptions {
  /** A function where it changes on the way. */
  readonly label: string | (() => string)
  /** Bytes; a function where it becomes known on the way. */
  readonly total: number | undefined | (() => number | undefined)
  readonly stream: NodeJS.WriteStream
}

export const silent: Progress = {
  update() {},
  aside: (write) => write(),
  stop() {},
}

const plainEveryMs = 10_000

/**
 * A terminal echoes Ctrl-C as `^C` where the cursor is, after the bar. If that wrapped the line, the
 * bar would no longer be where it is to be cleared; so there is room for two of them.
 */
const freeColumns = 4

/** Clears from the cursor to the end of the screen. */
const clearBelow = '\x1b[J'

export function startProgress(options: ProgressOptions): Progress {
  return options.stream.isTTY ? new Bar(options) : new Lines(options)
}

/** What both kinds know. */
class State {
  readonly #label: string | (() => string)
  readonly #total: ProgressOptions['total']
  readonly #meter = new RateMeter()
  #loaded = 0

  constructor({ label, total }: ProgressOptions) {
    this.#label = label
    this.#total = total
  }

  update(loaded: number, resumed = 0): void {
    this.#loaded = loaded
    this.#meter.update(loaded - resumed)
  }

  now(): TransferState {
    return {
      label: typeof this.#label === 'string' ? this.#label : this.#label(),
      loaded: this.#loaded,
      total: typeof this.#total === 'function' ? this.#total() : this.#total,
      rate: this.#meter.perSecond(),
    }
  }
}

class Bar implements Progress {
  readonly #state: State
  readonly #bar: SingleBar
  readonly #stream: NodeJS.WriteStream
  #stopped = false

  constructor(options: ProgressOptions) {
    const state = new State(options)
    const { stream } = options
    this.#state = state
    const settings: Options = {
      stream,
      // Nothing that a killed process would leave behind: the cursor hidden, or lines not wrapping.
      hideCursor: false,
      clearOnComplete: true,
      gracefulExit: false,
      linewrap: true,
      fps: 10,
      format: () => barLine(state.now(), Math.max(1, (stream.columns || 80) - freeColumns)),
    }
    this.#stream = stream
    this.#bar = new SingleBar(settings)
    this.#bar.start(1, 0)
  }

  update(loaded: number, resumed?: number): void {
    this.#state.update(loaded, resumed)
  }

  aside(write: () => void): void {
    this.#clear()
    write()
    if (!this.#stopped) this.#bar.start(1, 0)
  }

  stop(): void {
    this.#stopped = true
    this.#clear()
  }

  #clear(): void {
    if (!this.#bar.isActive) return
    this.#bar.stop()
    this.#stream.write(clearBelow)
  }
}

class Lines implements Progress {
  readonly #state: State
  readonly #stream: NodeJS.WriteStream
  #printedAt = performance.now()

  constructor(options: ProgressOptions) {
    this.#state = new State(options)
    this.#stream = options.stream
  }

  update(loaded: number, resumed?: number): void {
    this.#state.update(loaded, resumed)
    const now = performance.now()
    if (now - this.#printedAt < plainEveryMs) return
    this.#printedAt = now
    this.#stream.write(`${plainLine(this.#state.now())}\n`)
  }

  aside(write: () => void): void {
    write()
  }

  stop(): void {}
}
