/** How long it takes until something can be used. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { COMMAND, KEY_PAIR } from '../../tests/support/serve-process.ts'
import { type Bench, inDirectory, interleaved } from '../bench.ts'
import { atMost } from '../report.ts'

export async function starts(bench: Bench): Promise<void> {
  const group = bench.group('Start')
  const variants = {
    nothing: () => ran(['-e', '0']),
    version: () => ran([COMMAND, '--version']),
    help: () => ran([COMMAND, 'ls', '--help']),
  }
  await interleaved(1, variants)
  const times = await interleaved(bench.quick ? 7 : 15, variants)
  group.ratio('`lading ls --help`, wall against `node -e 0`', times.help, times.nothing, {
    bound: atMost(2.5),
  })
  group.ratio('`lading --version`, wall against `node -e 0`', times.version, times.nothing)
  group.add('`lading ls --help`', 'ms', times.help)
  group.add('`node -e 0`', 'ms', times.nothing)

  const first: number[] = []
  const again: number[] = []
  for (let round = 0; round < (bench.quick ? 3 : 7); round += 1) {
    const directory = inDirectory(bench, `data-${round}`)
    first.push(await untilAnswered(directory))
    again.push(await untilAnswered(directory))
  }
  group.add('server: process start to the first answered request', 'ms', again, {
    bound: atMost(400),
  })
  group.add('the same on an empty disk, where 256 directories are made and synced', 'ms', first)

  const inMemory: number[] = []
  for (let round = 0; round < (bench.quick ? 3 : 7); round += 1) inMemory.push(await testServer())
  group.add('`startTestServer()`, the first of a process', 'ms', inMemory, { bound: atMost(100) })
}

/** Milliseconds from the call to the server, in a process that has loaded it. */
async function testServer(): Promise<number> {
  const program = `
    import { startTestServer } from '@lading/server/testing'
    const began = performance.now()
    const server = await startTestServer()
    console.log(performance.now() - began)
    await server.close()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`The server of a test ended with ${code}.`)
  return Number(said)
}

async function ran(args: readonly string[]): Promise<number> {
  const began = performance.now()
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`)
  return performance.now() - began
}

/** Milliseconds from the process's start to a whole answer. */
async function untilAnswered(directory: string): Promise<number> {
  const began = performance.now()
  const child = spawn(process.execPath, [COMMAND, 'serve', '--data', directory, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      LADING_ACCESS_KEY_ID: KEY_PAIR.accessKeyId,
      LADING_ACCESS_KEY_SECRET: KEY_PAIR.accessKeySecret,
    },
  })
  const port = await listeningPort(child)
  await new Promise<void>((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/-/health/ready' }, (answer) => {
      answer.resume().on('end', resolve)
    })
      .on('error', reject)
      .end()
  })
  const took = performance.now() - began
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
  return took
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const found = /listening on http:\/\/[^\s:]+:(\d+)/.exec(said)
      if (found) resolve(Number(found[1]))
    })
    child.on('exit', (code) => reject(new Error(`lading serve ended with ${code}: ${said}`)))
  })
}
