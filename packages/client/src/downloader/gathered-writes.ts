/**
 * Writes to a file at rising positions, few and large: a socket brings small chunks, and each write is a
 * journey to another thread and back.
 */

/** Bytes that are held until they are written together. */
const GATHERED = 512 * 1024

/** What of an open file is used; it may take fewer bytes than it is given. */
interface FileToFill {
  writev(
    chunks: readonly Uint8Array[],
    position: number,
  ): Promise<{ readonly bytesWritten: number }>
}

export class GatheredWrites {
  readonly #file: FileToFill
  #position: number
  #chunks: Uint8Array[] = []
  #held = 0

  /** The first byte goes to `position`. */
  constructor(file: FileToFill, position: number) {
    this.#file = file
    this.#position = position
  }

  /** The chunk must stay as it is until the next `flush` has resolved. */
  async add(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk)
    this.#held += chunk.length
    if (this.#held >= GATHERED) await this.flush()
  }

  /**
   * Resolves once all that was added is written.
   *
   * @throws {Error} the file takes nothing more, and says not why.
   */
  async flush(): Promise<void> {
    while (this.#held > 0) {
      const { bytesWritten } = await this.#file.writev(this.#chunks, this.#position)
      if (bytesWritten === 0) {
        throw new Error(
          `The system wrote none of ${this.#held} bytes and gave no reason. Check the disk, then run the download again: it goes on from here.`,
        )
      }
      this.#position += bytesWritten
      this.#held -= bytesWritten
      this.#chunks = after(this.#chunks, bytesWritten)
    }
    this.#chunks = []
  }
}

/** The chunks without their first `bytes`: the system may have taken fewer than it was given. */
function after(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes
  return chunks.flatMap((chunk) => {
    const taken = Math.min(left, chunk.length)
    left -= taken
    return taken === chunk.length ? [] : [chunk.subarray(taken)]
  })
}
