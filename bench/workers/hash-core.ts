/** The sums of four parts at once: by the hash core, and one after the other as others take them. */

import { createHash } from 'node:crypto'
import { combineCrc64, loadHasher } from '@lading/protocol'
import { createCRC64 } from 'hash-wasm'
import { answerAsks } from './answer-asks.ts'

const STEP = 64 * 1024
const bytes = Buffer.alloc(8 * 1024 * 1024)
for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * 2_654_435_761) >>> 13

const crc = await createCRC64()
const both = await loadHasher()
const md5Only = await loadHasher({ crc64: false })

answerAsks({
  /** Each resolves with milliseconds of processor time for `rounds` of four parts of 8 MiB. */
  core: ({ rounds, lanes = 4, crc64 = true }: Work) =>
    timed(rounds, () => hashed(crc64 ? both : md5Only, lanes)),
  others: ({ rounds, lanes = 4, crc64 = true }: Work) =>
    timed(rounds, async () => {
      for (let lane = 0; lane < lanes; lane += 1) {
        const md5 = createHash('md5')
        crc.init()
        for (let at = 0; at < bytes.length; at += STEP) {
          const chunk = bytes.subarray(at, at + STEP)
          md5.update(chunk)
          if (crc64) crc.update(chunk)
        }
        md5.digest()
        crc.digest()
      }
    }),
  /** Milliseconds to combine the CRC-64 of so many equal parts. */
  combine: ({ parts }: { parts: number }) => {
    const began = performance.now()
    let sum = 0n
    for (let part = 0; part < parts; part += 1) sum = combineCrc64(sum, BigInt(part), 8 << 20)
    return performance.now() - began
  },
})

interface Work {
  readonly rounds: number
  readonly lanes?: number
  readonly crc64?: boolean
}

async function timed(rounds: number, work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round += 1) await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

async function hashed(makeHasher: typeof both, lanes: number): Promise<void> {
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      const hasher = makeHasher()
      for (let at = 0; at < bytes.length; at += STEP) {
        const hashed = hasher.update(bytes.subarray(at, at + STEP))
        if (hashed) await hashed
      }
      await hasher.finish()
    }),
  )
}
