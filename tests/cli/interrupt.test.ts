import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { startCuttingProxy } from '../../packages/cli/src/demo/cutting-proxy.ts'
import { type Bench, bench, eventsOf, isSame, type Running } from './lading.ts'

const KiB = 1024

/** A bench whose command reaches the server through a gate that lets `limit` parts pass, until opened. */
interface Stalled {
  readonly table: Bench
  readonly env: Readonly<Record<string, string>>
  /** Resolves once that many parts are answered and another one waits at the gate. */
  readonly stalled: Promise<void>
  open(): void
}

type Stalls = (request: { readonly method: string; readonly target: string }) => boolean

const isPart: Stalls = ({ target }) => /partNumber=/.test(target)

async function stalledBench(limit: number, stalls: Stalls = isPart): Promise<Stalled> {
  const table = await bench()
  let [passed, answered, held, isOpen] = [0, 0, 0, false]
  let reach = (): void => {}
  const stalled = new Promise<void>((resolve) => {
    reach = resolve
  })
  const check = (): void => {
    if (answered === limit && held > 0) reach()
  }
  const proxy = await startCuttingProxy({
    target: table.server,
    async gate(request) {
      if (!stalls(request) || isOpen) return undefined
      if (passed < limit) {
        passed += 1
        return undefined
      }
      held += 1
      check()
      return new Promise(() => {})
    },
    onAnswer(request) {
      if (stalls(request)) answered += 1
      check()
    },
  })
  onTestFinished(() => proxy.close())
  return {
    table,
    env: { OSS_ENDPOINT: proxy.url },
    stalled,
    open() {
      isOpen = true
    },
  }
}

function partsOf({ requests }: Bench): string[] {
  return requests.flatMap(({ operation, status, partNumber }) =>
    operation === 'UploadPart' && status === 200 && partNumber ? [partNumber] : [],
  )
}

/** Without progress, because a machine may be so slow that there is some to tell. */
const sizes = ['--part-size', '100K', '--parallel', '2', '--no-progress']
const upload = ['cp', 'film.mov', 'oss://films/film.mov', ...sizes]

/** Starts a copy, waits until it is stalled, sends the signal and opens the gate for what follows. */
async function interrupt(
  { table, env, stalled, open }: Stalled,
  args: readonly string[],
  signal: NodeJS.Signals,
): ReturnType<Bench['run']> {
  const { child, outcome }: Running = table.start(args, { env })
  const early = await Promise.race([stalled, outcome])
  if (early) throw new Error(`It ended by itself: ${early.stderr}`)
  child.kill(signal)
  const ended = await outcome
  open()
  return ended
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'after %s the parts are kept, and the command that is printed sends only the missing ones',
  async (signal) => {
    const stage = await stalledBench(3)
    const { table, env } = stage
    const bytes = await table.file('film.mov', 1000 * KiB)
    const { status, stdout, stderr } = await interrupt(stage, upload, signal)
    expect(status).toBe(130)
    expect(stdout.toString()).toBe('')
    expect(stderr).toMatch(/^lading: interrupted; parts kept: 3 of 10\n {2}Resume with: .*\n$/)

    const [, resume = ''] = /Resume with: (.*)\n/.exec(stderr) ?? []
    expect(resume).toContain(` ${upload.join(' ')}`)
    const { stdout: resumed } = await promisify(execFile)('sh', ['-c', resume], {
      cwd: table.directory,
      env: { ...table.environment, ...env },
    })
    expect(resumed).toMatch(/^copied film\.mov .*: 1000 KiB, 10 parts \(3 resumed\), .* s\n$/)
    const sent = partsOf(table)
    expect(sent).toHaveLength(10)
    expect(new Set(sent).size).toBe(10)
    expect(isSame((await table.run(['cat', 'oss://films/film.mov'])).stdout, bytes)).toBe(true)
  },
)

test('with --json the interruption is an event that holds the command to resume', async () => {
  const stage = await stalledBench(3)
  await stage.table.file('film.mov', 1000 * KiB)
  const outcome = await interrupt(stage, [...upload, '--json'], 'SIGINT')
  expect(outcome.status).toBe(130)
  expect(eventsOf(outcome).at(-1)).toMatchObject({
    event: 'interrupted',
    resume: expect.stringContaining('oss://films/film.mov'),
  })
})

test('after kill -9 the same command sends only what is missing', async () => {
  const stage = await stalledBench(3)
  const { table, env } = stage
  const bytes = await table.file('film.mov', 1000 * KiB)
  await interrupt(stage, upload, 'SIGKILL')
  const { status, stdout } = await table.run(upload, { env })
  expect(status).toBe(0)
  expect(stdout.toString()).toContain('10 parts (3 resumed)')
  expect(partsOf(table)).toHaveLength(10)
  expect(isSame((await table.run(['cat', 'oss://films/film.mov'])).stdout, bytes)).toBe(true)
})

test('a directory that is interrupted goes on with what is missing', async () => {
  const stage = await stalledBench(4)
  const { table, env } = stage
  await mkdir(join(table.directory, 'tree'))
  const contents = [await table.file('tree/a', 300 * KiB), await table.file('tree/b', 300 * KiB)]
  const single = ['--part-size', '100K', '--parallel', '1', '-j', '1', '--no-progress']
  const outcome = await interrupt(
    stage,
    ['cp', '-r', 'tree', 'oss://films/all', ...single],
    'SIGINT',
  )
  expect(outcome.status).toBe(130)
  const [, resume = ''] = /Resume with: (.*)\n/.exec(outcome.stderr) ?? []
  const { stdout } = await promisify(execFile)('sh', ['-c', resume], {
    cwd: table.directory,
    env: { ...table.environment, ...env },
  })
  expect(stdout).toContain('skipped tree/a: oss://films/all/a is as large and not older\n')
  expect(stdout).toContain('copied tree/b to oss://films/all/b: 300 KiB, 3 parts (1 resumed)')
  expect(partsOf(table)).toHaveLength(6)
  for (const [index, name] of ['a', 'b'].entries()) {
    expect(
      isSame((await table.run(['cat', `oss://films/all/${name}`])).stdout, contents[index]),
    ).toBe(true)
  }
})

test('a stream that is interrupted and fed again sends only what is missing', async () => {
  const stage = await stalledBench(3)
  const { table, env } = stage
  const bytes = await table.file('bytes', 1000 * KiB)
  const args = ['cp', '-', 'oss://films/stream', ...sizes]
  const { child, outcome } = table.start(args, { env, input: bytes })
  await Promise.race([stage.stalled, outcome])
  child.kill('SIGINT')
  expect((await outcome).status).toBe(130)
  stage.open()
  const { status, stdout } = await table.run(args, { env, input: bytes })
  expect({ status, stdout: stdout.toString() }).toEqual({
    status: 0,
    stdout: expect.stringContaining('10 parts (3 resumed)'),
  })
  expect(partsOf(table)).toHaveLength(10)
})

const download = ['cp', 'oss://films/film.mov', 'here/film.mov', ...sizes, '--parallel', '1']

/** A bench whose third range of `film.mov` does not come until `open` is called. */
async function stalledDownload() {
  const stage = await stalledBench(2, ({ method }) => method === 'GET')
  const { table } = stage
  const bytes = await table.file('film.mov', 1000 * KiB)
  await table.run(['cp', 'film.mov', 'oss://films/film.mov'])
  const answered = (): number =>
    table.requests.filter(({ operation }) => operation === 'GetObject').length
  return { stage, table, bytes, answered }
}

test('a download that is interrupted keeps its parts, and the command that is printed fetches the rest', async () => {
  const { stage, table, bytes, answered } = await stalledDownload()
  const { status, stderr } = await interrupt(stage, download, 'SIGINT')
  expect(status).toBe(130)
  expect(stderr).toMatch(/^lading: interrupted; parts kept: 2 of 10\n {2}Resume with: .*\n$/)
  expect(await readdir(join(table.directory, 'here'))).toEqual([
    expect.stringMatching(/^\.lading-.*\.part$/),
  ])

  const [, resume = ''] = /Resume with: (.*)\n/.exec(stderr) ?? []
  const { stdout } = await promisify(execFile)('sh', ['-c', resume], {
    cwd: table.directory,
    env: { ...table.environment, ...stage.env },
  })
  expect(stdout).toMatch(/^copied .* to here\/film\.mov: 1000 KiB, 10 parts \(2 resumed\), .* s\n$/)
  expect(answered()).toBe(10)
  expect(await readdir(join(table.directory, 'here'))).toEqual(['film.mov'])
  expect(isSame(await readFile(join(table.directory, 'here/film.mov')), bytes)).toBe(true)
})

test('after kill -9 of a download the same command fetches only what is missing', async () => {
  const { stage, table, bytes, answered } = await stalledDownload()
  await interrupt(stage, download, 'SIGKILL')
  const { status, stdout } = await table.run(download, { env: stage.env })
  expect({ status, stdout: stdout.toString() }).toEqual({
    status: 0,
    stdout: expect.stringContaining('10 parts (2 resumed)'),
  })
  expect(answered()).toBe(10)
  expect(isSame(await readFile(join(table.directory, 'here/film.mov')), bytes)).toBe(true)
})
