/** How far a download is, by byte. */

export interface DownloadProgress {
  /**
   * Bytes received, or found on the disk and proved. Never goes down, unless the object was replaced
   * and the download begins anew. Equals `total` in the end.
   */
  readonly loaded: number
  /** Bytes of `loaded` that an earlier run had received. */
  readonly resumed: number
  /** Bytes; `undefined` until the service has said it. */
  readonly total: number | undefined
  /** Ranges that are there from end to end. */
  readonly partsDone: number
  /** `undefined` until the service has said how long the object is. */
  readonly parts: number | undefined
}

const nothing: DownloadProgress = {
  loaded: 0,
  resumed: 0,
  total: undefined,
  partsDone: 0,
  parts: undefined,
}

export class DownloadMeter {
  readonly #listener: ((progress: DownloadProgress) => void) | undefined
  /** The most bytes of each range that any attempt brought. */
  readonly #received = new Map<number, number>()
  #current = nothing

  constructor(listener: ((progress: DownloadProgress) => void) | undefined) {
    this.#listener = listener
  }

  get current(): DownloadProgress {
    return this.#current
  }

  /** Begins at nothing, also where it had come further with another object. */
  begin(total: number, parts: number): void {
    this.#received.clear()
    this.#tell({ ...nothing, total, parts })
  }

  /** The first `size` bytes of the range were there before this run. */
  resumed(partNumber: number, size: number): void {
    this.#add(partNumber, size, { resumed: size })
  }

  /** The first `size` bytes of the range are here. */
  received(partNumber: number, size: number): void {
    this.#add(partNumber, size, { resumed: 0 })
  }

  done(): void {
    this.#tell({ ...this.#current, partsDone: this.#current.partsDone + 1 })
  }

  #add(partNumber: number, size: number, { resumed }: { readonly resumed: number }): void {
    const before = this.#received.get(partNumber) ?? 0
    if (size <= before) return
    this.#received.set(partNumber, size)
    const { loaded, resumed: known } = this.#current
    this.#tell({
      ...this.#current,
      loaded: loaded + size - before,
      resumed: known + resumed,
    })
  }

  #tell(progress: DownloadProgress): void {
    this.#current = progress
    this.#listener?.(progress)
  }
}
