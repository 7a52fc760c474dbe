import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { type Bench, bench, eventsOf, isSame, type Outcome } from './lading.ts'

const KiB = 1024

/** A bench whose service fails after three parts, for as long as `until` parts more were tried. */
function failing(times = 4): Promise<Bench> {
  const action = { kind: 'fail', code: 'AccessDenied' } as const
  return bench({ faults: [{ operation: 'UploadPart', nth: 4, times, action }] })
}

/** Begins an upload that breaks off after three parts. */
async function breakOff({ run }: Bench, name: string, ...args: string[]): Promise<void> {
  const sizes = ['--part-size', '100K', '--parallel', '1', '--no-progress']
  const { status } = await run(['cp', name, 'oss://films/in/', ...sizes, ...args])
  expect(status).toBe(5)
}

function partsSent({ requests }: Bench): number {
  return requests.filter(({ operation, status }) => operation === 'UploadPart' && status === 200)
    .length
}

function resume(table: Bench, ...args: string[]): Promise<Outcome> {
  return table.run(['resume', '--no-progress', ...args])
}

test('resume lists what was interrupted, goes on with it from anywhere, and then knows of nothing', async () => {
  const table = await failing(1)
  const { directory, server } = table
  const bytes = await table.file('电影.mov', 1000 * KiB)
  await breakOff(table, '电影.mov', '--meta', 'colour=blue')
  const listed = await resume(table, '--list')
  expect(listed.status).toBe(0)
  expect(listed.stdout.toString()).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}\//)
  expect(listed.stdout.toString()).toContain(
    `${join(directory, '电影.mov')}  oss://films/in/电影.mov  ${server.url}\n`,
  )

  const { status, stdout, stderr } = await resume(table)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout.toString()).toContain('1000 KiB, 10 parts (3 resumed)')
  expect(partsSent(table)).toBe(10)
  expect(isSame((await table.run(['cat', 'oss://films/in/电影.mov'])).stdout, bytes)).toBe(true)
  const [object] = eventsOf(await table.run(['stat', 'oss://films/in/电影.mov', '--json']))
  expect(object).toMatchObject({ contentType: 'video/quicktime', metadata: { colour: 'blue' } })

  expect(await resume(table)).toMatchObject({ status: 0, stderr: 'nothing was interrupted\n' })
})

test('a second command at the same file says who is at it, and sends nothing', async () => {
  const table = await bench({
    faults: [{ operation: 'UploadPart', nth: 3, times: 1, action: { kind: 'delay', ms: 600_000 } }],
  })
  await table.file('a', 500 * KiB)
  const args = ['cp', 'a', 'oss://films/a', '--part-size', '100K', '--no-progress']
  const first = table.start([...args, '--parallel', '1'])
  await until(() => partsSent(table) === 2)

  const second = await table.run(args)

  expect(second.status).toBe(1)
  expect(second.stderr).toContain(`${first.child.pid}`)
  expect(partsSent(table)).toBe(2)
  first.child.kill('SIGINT')
  expect((await first.outcome).stderr).toContain('parts kept: 2 of 5')
})

test('resume of one leaves the others as they are', async () => {
  const table = await failing(1)
  await mkdir(join(table.directory, 'sub'))
  await table.file('a', 500 * KiB)
  await breakOff(table, 'a')
  await writeFile(join(table.directory, 'b'), Buffer.alloc(500 * KiB, 'b'))
  const events = eventsOf(await resume(table, '--json', '--list'))
  expect(events).toMatchObject([{ event: 'interrupted-upload', target: 'oss://films/in/a' }])
  expect(await resume(table, 'b')).toMatchObject({
    status: 4,
    stderr: expect.stringContaining('nothing was interrupted that is called b'),
  })
  expect(partsSent(table)).toBe(3)
  for (const which of ['a', 'oss://films/in/a', String(events[0]?.uploadId)]) {
    expect(eventsOf(await resume(table, which, '--json', '--list'))).toHaveLength(1)
  }
  expect((await resume(table, 'a')).stdout.toString()).toContain('5 parts (3 resumed)')
})

test('a file that is gone is said so, with the way to give its upload up', async () => {
  const table = await failing(1)
  await table.file('a', 500 * KiB)
  await breakOff(table, 'a')
  const [upload] = eventsOf(await resume(table, '--json', '--list'))
  await rm(join(table.directory, 'a'))
  const { status, stderr } = await resume(table)
  expect(status).toBe(4)
  expect(stderr).toContain(`lading uploads abort oss://films/in/a ${upload?.uploadId}\n`)
})

test('what came on stdin is fed again by whoever fed it', async () => {
  const table = await failing(1)
  const bytes = await table.file('a', 500 * KiB)
  const args = ['cp', '-', 'oss://films/a', '--part-size', '100K', '--parallel', '1']
  expect(await table.run(args, { input: bytes })).toMatchObject({ status: 5 })
  expect(await resume(table)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('Run the command that fed it once more'),
  })
})

test('resume lists downloads too, and fetches only what is missing', async () => {
  const table = await bench({
    faults: [{ operation: 'GetObject', nth: 4, action: { kind: 'fail', code: 'AccessDenied' } }],
  })
  const { directory, server } = table
  const bytes = await table.file('film.mov', 1000 * KiB)
  await table.run(['cp', 'film.mov', 'oss://films/film.mov'])
  const sizes = ['--part-size', '100K', '--parallel', '1', '--no-progress']
  const broken = await table.run(['cp', 'oss://films/film.mov', 'back.mov', ...sizes])
  expect(broken.status).toBe(5)
  const target = join(directory, 'back.mov')
  expect(eventsOf(await resume(table, '--list', '--json'))).toMatchObject([
    { event: 'interrupted-download', source: 'oss://films/film.mov', target },
  ])
  const listed = (await resume(table, '--list', 'back.mov')).stdout.toString()
  expect(listed).toContain(`  oss://films/film.mov  ${target}  ${server.url}\n`)

  const { status, stdout, stderr } = await resume(table)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout.toString()).toContain('1000 KiB, 10 parts (3 resumed)')
  expect(isSame(await readFile(target), bytes)).toBe(true)
  const gets = table.requests.filter(({ operation, status }) => {
    return operation === 'GetObject' && status === 206
  })
  expect(gets).toHaveLength(10)
  expect(await resume(table)).toMatchObject({ status: 0, stderr: 'nothing was interrupted\n' })
})
