import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Bench, bench, eventsOf } from './lading.ts'

const KiB = 1024
/** Of a kilobyte each. `LADING_TREE_FILES=100000 npm test -- tests/cli/tree` takes some minutes. */
const small = Number(process.env.LADING_TREE_FILES ?? 1050)
const large = 3

async function makeTree({ directory, file }: Bench): Promise<void> {
  const perFolder = 250
  for (let begin = 0; begin < small; begin += perFolder) {
    const folder = join(directory, 'tree', `文件夹 ${begin / perFolder}`)
    await mkdir(folder, { recursive: true })
    const names = Array.from({ length: Math.min(perFolder, small - begin) }, (_, n) => begin + n)
    await Promise.all(names.map((n) => writeFile(join(folder, `${n}`), `${n}`.padEnd(KiB))))
  }
  for (let n = 0; n < large; n += 1) await file(`tree/large ${n}`, 450 * KiB)
}

test(`a tree of ${small} files goes by a request each, but the large ones in parts; again, by none but lists`, async () => {
  const table = await bench()
  await makeTree(table)
  const counted = (operation: string): number =>
    table.requests.filter((request) => request.operation === operation).length

  const sizes = ['--part-size', '100K', '--no-progress']
  const up = await table.run(['cp', '-r', 'tree', 'oss://films/t', ...sizes, '--json'])
  const files = small + large
  expect(eventsOf(up).at(-1)).toMatchObject({ event: 'finished', copied: files, failed: 0 })
  expect(counted('PutObject')).toBe(small)
  expect(counted('InitiateMultipartUpload')).toBe(large)
  expect(counted('UploadPart')).toBe(large * 5)
  expect(counted('HeadObject')).toBe(0)

  const sync = ['sync', 'tree', 'oss://films/t', '--delete', '-f', '--json', '--no-progress']
  const again = eventsOf(await table.run(sync))
  expect(again).toMatchObject([{ event: 'finished', copied: 0, skipped: files, removed: 0 }])
  expect(counted('ListObjectsV2')).toBe(Math.ceil(files / 1000))
  expect(counted('HeadObject')).toBe(0)

  const last = `文件夹 ${Math.floor((small - 1) / 250)}`
  const some = ['--include', `${last}/*`, '--no-progress']
  const down = await table.start(['cp', '-r', 'oss://films/t', 'back', ...some]).outcome
  expect(down).toMatchObject({ status: 0, stderr: '' })
  expect(await readFile(join(table.directory, 'back', last, `${small - 1}`), 'utf8')).toBe(
    `${small - 1}`.padEnd(KiB),
  )
})
