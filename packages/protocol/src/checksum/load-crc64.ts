/** CRC-64/XZ by the WebAssembly hash core: for streams that nobody wants the MD5 of. */

/** The CRC of `bytes`, or of what `previous` is the CRC of followed by `bytes`. */
export type TakeCrc64 = (bytes: Uint8Array, previous?: bigint) => bigint

let loaded: Promise<TakeCrc64> | undefined

/**
 * What `crc64` is, at half the processor time or less; one for the process, loaded in a few milliseconds
 * when it is first asked for.
 */
export function loadCrc64(): Promise<TakeCrc64> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<TakeCrc64> {
  const { HashCore, REGION } = await import('./hash-core.ts')
  const core = await HashCore.load()
  const slot = core.takeSlot()
  return (bytes, previous = 0n) => {
    core.resumeCrc64(slot, previous)
    for (let at = 0; at < bytes.length; at += REGION) {
      const piece = bytes.subarray(at, at + REGION)
      core.write(slot.region, piece)
      core.crc64(slot, slot.region, piece.length)
    }
    return core.crc64Of(slot)
  }
}
