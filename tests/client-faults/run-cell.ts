/** One cell of the matrix: the work is done while the fault is about, and everything is compared. */

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OssClient } from '@lading/client/node'
import { OssWire } from '../support/oss-wire.ts'
import {
  endsAsItHasTo,
  leavesNoOrphan,
  leavesNothingWrong,
  staysWithinBudget,
  waitsAsItIsTold,
} from './checks.ts'
import { type Cell, nameOf } from './matrix.ts'
import { type Bench, PART_SIZE, PARTS, RETRIES, works } from './works.ts'
import { BUCKET, type World } from './world.ts'

/** Milliseconds of silence after which a client gives an attempt up where the fault is silence. */
const IDLE_MS = 250

/** What a planted client does differently, to be caught. */
export interface Plant {
  readonly retries?: number
  readonly verify?: 'off'
  /** Reports success whatever happened. */
  readonly boasts?: boolean
}

/** Resolves with sentences that say what is not as it has to be; none when all is well. */
export async function runCell(
  world: World,
  cell: Cell,
  plant: Plant = {},
): Promise<readonly string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-faults-'))
  const { server } = world
  const options = {
    credentials: server.credentials,
    idleTimeoutMs: cell.fault.startsWith('stall') ? IDLE_MS : 20_000,
    retry: { retries: plant.retries ?? RETRIES, baseDelayMs: 1, maxDelayMs: 2 },
  }
  const { url, transport } = world
  const client = new OssClient({ ...options, endpoint: url, transport })
  // By the same address, because that is what checkpoints are bound to.
  const healthy = new OssClient({ ...options, endpoint: url, idleTimeoutMs: 20_000 })
  const wire = new OssWire(server)
  try {
    const bench = await layOut(directory, plant.verify ?? cell.verify)
    const work = works[cell.operation]
    // A server's own fault in PutObject would be met by it.
    if (cell.operation !== 'PutObject') await putOther(bench, wire)
    await work.prepare?.(bench, healthy)
    const before = await objectOf(bench, wire)
    const openBefore = await openUploads(bench, wire)
    world.begin()
    const error = await work.run(bench, client).then(
      () => undefined,
      (error: unknown) => (plant.boasts ? undefined : (error ?? new Error('undefined'))),
    )
    const { requests, met } = await world.end()
    const [object, open] = [await objectOf(bench, wire), await openUploads(bench, wire)]
    const seen = {
      cell,
      bench,
      work,
      error,
      before,
      object,
      openBefore,
      open,
      requests,
      toldOf: [],
    }
    const broken = [
      ...(met === 0 ? ['the fault was never met'] : []),
      ...endsAsItHasTo(seen),
      ...staysWithinBudget(seen),
      ...waitsAsItIsTold(seen),
      ...(await leavesNothingWrong(seen)),
      ...leavesNoOrphan(seen),
      ...(await endsRightWhenHealthy()),
    ]
    return broken.map((sentence) => `${nameOf(cell)}: ${sentence}`)

    async function endsRightWhenHealthy(): Promise<readonly string[]> {
      // Empty ones that nobody could find, and that were told of, are nobody's to end.
      const left = cell.operation === 'InitiateMultipartUpload' ? seen.open : []
      const again = work.makes === 'nothing' ? works.UploadPart : work
      try {
        await again.run(bench, healthy)
      } catch (error) {
        return [`a healthy run afterwards fails: ${error}`]
      }
      const [object, open] = [await objectOf(bench, wire), await openUploads(bench, wire)]
      const healed = { ...seen, work: again, error: undefined, object, open, toldOf: left }
      return [...(await leavesNothingWrong(healed)), ...leavesNoOrphan(healed)].map(
        (sentence) => `after a healthy run ${sentence}`,
      )
    }
  } finally {
    await Promise.all([client.close(), healthy.close()])
    wire.close()
    await rm(directory, { recursive: true, force: true })
  }
}

let benches = 0

async function layOut(directory: string, verify: Bench['verify']): Promise<Bench> {
  const number = ++benches
  const content = new Uint8Array(randomBytes(PARTS * PART_SIZE - 777))
  const path = join(directory, 'source')
  await writeFile(path, content)
  return {
    target: { bucket: BUCKET, key: `cell-${number}/object` },
    content,
    path,
    checkpoints: join(directory, 'checkpoints'),
    destination: join(directory, 'destination'),
    verify,
    uploadId: undefined,
    waits: [],
    notices: [],
  }
}

/** Every other key has an object before. */
async function putOther({ target }: Bench, wire: OssWire): Promise<void> {
  if (/[02468]\//.test(target.key)) await wire.send('PUT', { ...target, body: 'something else' })
}

async function objectOf({ target }: Bench, wire: OssWire): Promise<Buffer | undefined> {
  const { status, bytes } = await wire.send('GET', target)
  if (status === 200) return bytes
  if (status === 404) return undefined
  throw new Error(`GetObject answered ${status}.`)
}

async function openUploads({ target }: Bench, wire: OssWire): Promise<readonly string[]> {
  const { bucket, key } = target
  const { status, text } = await wire.send('GET', { bucket, query: { uploads: '', prefix: key } })
  if (status !== 200) throw new Error(`ListMultipartUploads answered ${status}.`)
  return [...text.matchAll(/<UploadId>(.*?)<\/UploadId>/g)].map(([, id = '']) => id)
}
