import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary.ts'

const script = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))
const KiB = 1024

interface Shown {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** What is left in the folder for temporary files. */
  readonly left: readonly string[]
}

/** `npm start -- ARGS`, typed in `directory`. */
async function start(
  directory: string,
  args: readonly string[],
  watch: (stdout: string, pid: number) => void = () => {},
): Promise<Shown> {
  const temporary = join(directory, 'temporary')
  await mkdir(temporary)
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, as a terminal makes one for each command.
    detached: true,
    // Settings of the user's own must not lead the demonstration astray.
    env: {
      ...process.env,
      INIT_CWD: directory,
      TMPDIR: temporary,
      OSS_REGION: 'eu-central-1',
      OSS_SESSION_TOKEN: 'of another account',
    },
  })
  let shown = ''
  child.stdout.on('data', (chunk: Uint8Array) => {
    shown += Buffer.from(chunk).toString()
    if (child.pid !== undefined) watch(shown, child.pid)
  })
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ])
  return { status, stdout, stderr, left: await readdir(temporary) }
}

test('a file of several parts is cut off, killed, resumed and compared', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'my film'), Buffer.alloc(1000 * KiB, 'abc'))
  const { status, stdout, left } = await start(directory, ['my film'])
  expect(status).toBe(0)
  expect(stdout).toMatch(/The upload: my film, 1000 KiB in 8 parts/)
  expect(stdout).toMatch(/cut: part \d lost its connection after 64 KiB of 128 KiB/)
  expect(stdout).toMatch(/killed: .*when 4 of 8 parts had been answered/)
  expect(stdout).toMatch(/8 parts \(4 resumed\)/)
  expect(stdout).toMatch(/counted on the wire: 4 parts sent now \(.*\), 4 not sent again/)
  expect(stdout).toMatch(/ListParts, just before Complete: 8 parts, 1000 KiB/)
  expect(stdout).toMatch(/identical: 1,024,000 bytes/)
  expect(left).toEqual([])
})

test('a file smaller than a part is cut off, killed, resumed and compared', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'small'), 'small')
  const { status, stdout, left } = await start(directory, ['small'])
  expect(status).toBe(0)
  expect(stdout).toMatch(/cut: part 1 lost its connection after 2 B of 5 B/)
  expect(stdout).toMatch(/counted on the wire: 1 part sent now \(1\), 0 not sent again/)
  expect(stdout).toMatch(/identical: 5 bytes/)
  expect(left).toEqual([])
})

test('an empty file goes in one request and is compared', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'empty'), '')
  const { status, stdout, left } = await start(directory, ['empty'])
  expect(status).toBe(0)
  expect(stdout).toMatch(/an empty file goes in one request/)
  expect(stdout).toMatch(/identical: 0 bytes/)
  expect(left).toEqual([])
})

test("without a file it is Node's own executable", async () => {
  const { status, stdout, left } = await start(await temporaryDirectory(), [])
  expect(status).toBe(0)
  expect(stdout).toContain(process.execPath)
  expect(stdout).toMatch(/identical: [\d,]+ bytes/)
  expect(left).toEqual([])
})

test('Ctrl-C in the middle leaves nothing behind either', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'film'), Buffer.alloc(1000 * KiB, 'abc'))
  let isSent = false
  const { status, stderr, left } = await start(directory, ['film'], (stdout, pid) => {
    if (isSent || !stdout.includes('lading cp')) return
    isSent = true
    process.kill(-pid, 'SIGINT')
  })
  expect({ status, left }).toEqual({ status: 130, left: [] })
  expect(stderr).toContain('lading: interrupted by SIGINT\n')
})

test.each([
  ['that does not exist', ['nowhere'], /^lading: cannot read \/.*\/nowhere: no such file\n$/],
  ['that is a directory', ['.'], /^lading: cannot read \/.*: it is not a file\n$/],
  ['and another one', ['a', 'b'], /^lading: npm start takes one FILE; .*\n$/],
])('a FILE %s is one clear line and exit 2, and nothing is begun', async (_, args, says) => {
  const { status, stdout, stderr, left } = await start(await temporaryDirectory(), args)
  expect({ status, stdout, left }).toEqual({ status: 2, stdout: '', left: [] })
  expect(stderr).toMatch(says)
})
