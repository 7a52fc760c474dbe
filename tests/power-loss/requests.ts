/** Requests that leave their marks: what was asked before it is sent, and what came of it. */

import type { Effect, Mark } from './ledger.ts'

export interface Answer {
  readonly uploadId?: string | undefined
  readonly versionId?: string | undefined
}

export interface RequestsOptions {
  readonly mark: (mark: Mark) => void
  /** Of the first request; those of another recording on the same disk go on behind it. */
  readonly firstNumber: number
  /** Whether an error says that nothing was done. */
  readonly isRefusal: (error: unknown) => boolean
}

export class Requests {
  readonly #options: RequestsOptions
  #number: number

  constructor(options: RequestsOptions) {
    this.#options = options
    this.#number = options.firstNumber
  }

  keepsVersions(bucket: string): void {
    this.#options.mark({ versioned: bucket })
  }

  /** What fails is told in its mark and throws nothing. */
  async send<Result extends Answer>(
    effects: readonly Effect[],
    send: () => Promise<Result>,
  ): Promise<Result | undefined> {
    const { mark, isRefusal } = this.#options
    this.#number += 1
    const number = this.#number
    mark({ ask: number, effects })
    try {
      const answer = await send()
      const { uploadId, versionId } = answer
      mark({ told: number, outcome: 'done', uploadId, versionId })
      return answer
    } catch (error) {
      mark({ told: number, outcome: isRefusal(error) ? 'refused' : 'failed' })
      return undefined
    }
  }
}
