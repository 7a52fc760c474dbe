import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startCuttingProxy } from '../../packages/cli/src/demo/cutting-proxy.ts'
import { textWidth } from '../../packages/cli/src/output/text-width.ts'
import { until } from '../support/until.ts'
import { type Bench, bench, eventsOf } from './lading.ts'
import { ctrlC, hasTerminal, openTerminal } from './terminal.ts'

const KiB = 1024
const escapes = new RegExp(`${String.fromCharCode(27)}(\\[[0-9;?]*[A-Za-z]|[78])`, 'g')

/** Faults that make a request of an operation wait for longer than a test lives. */
function stalled(operation: string, nth = 1) {
  return {
    faults: [{ operation, nth, times: 100, action: { kind: 'delay', ms: 600_000 } as const }],
  }
}

function partsAnswered({ requests }: Bench): number {
  return requests.filter(({ operation }) => operation === 'UploadPart').length
}

describe.skipIf(!hasTerminal)('in a terminal', () => {
  test('Ctrl-C while parts are sent keeps them and prints the command that goes on', async () => {
    const table = await bench(stalled('UploadPart', 4))
    const name = '第一次出国旅行的家庭录像（完整版）.mov'
    await table.file(name, 1000 * KiB)
    const args = ['cp', name, 'oss://films/a', '--part-size', '100K', '--parallel', '1']
    const terminal = openTerminal(table, args)
    // What the service has, and the part that is sent and waits for its answer.
    await terminal.shows(/第.*….*mov.* [34]0 %/)
    await until(() => partsAnswered(table) === 3)
    terminal.type(ctrlC)
    expect(await terminal.ended).toBe(130)
    expect(terminal.screen()).toContain('lading: interrupted; parts kept: 3 of 10\r\n')
    expect(terminal.screen()).toMatch(
      /Resume with: .* cp '第.*\.mov' oss:\/\/films\/a --part-size 100K/,
    )
    // A character of Chinese takes two columns, and no line may wrap.
    const lines = terminal
      .screen()
      .replaceAll(escapes, '\n')
      .split(/[\r\n]+/)
    const bars = lines.filter((line) => line.includes(' % '))
    expect(bars.length).toBeGreaterThan(0)
    expect(Math.max(...bars.map(textWidth))).toBeLessThanOrEqual(76)
  })

  test('Ctrl-C twice leaves at once, whatever is being waited for', async () => {
    const table = await bench()
    await table.file('a', 1000 * KiB)
    let reach = (): void => {}
    const asked = new Promise<void>((resolve) => {
      reach = resolve
    })
    const proxy = await startCuttingProxy({
      target: table.server,
      async gate() {
        reach()
        return new Promise(() => {})
      },
    })
    onTestFinished(() => proxy.close())
    const args = ['cp', 'a', 'oss://films/a', '--part-size', '100K']
    const terminal = openTerminal(table, args, { OSS_ENDPOINT: proxy.url })
    // Whoever begins an upload waits for its id, because otherwise nobody could ever abort it.
    await asked
    terminal.type(ctrlC)
    await terminal.shows('Ctrl-C once more')
    terminal.type(ctrlC)
    expect(await terminal.ended).toBe(130)
  })

  test('one bar tells of all files of a directory, and is gone in the end', async () => {
    const table = await bench(stalled('PutObject', 3))
    await mkdir(join(table.directory, 'tree'))
    for (const name of ['一', '二', '三']) await table.file(`tree/${name}`, 40 * KiB)
    const terminal = openTerminal(table, ['cp', '-r', 'tree', 'oss://films', '-j', '1'])
    await terminal.shows(/2 of 3 files {2}\[=+>? *\] +\d+ % {2}[\d.]+ KiB of 120 KiB/)
    terminal.type(ctrlC)
    expect(await terminal.ended).toBe(130)
    const lines = terminal
      .screen()
      .replaceAll(escapes, '\n')
      .split(/[\r\n]+/)
    const bars = lines.filter((line) => line.includes('[='))
    expect(Math.max(...bars.map((line) => line.length))).toBeLessThanOrEqual(76)
  })

  test('rm -r asks first: no leaves everything, yes removes it', async () => {
    const table = await bench()
    await table.file('a', 10)
    await table.run(['cp', 'a', 'oss://films/old/a'])
    const answer = async (word: string): Promise<number | null> => {
      const terminal = openTerminal(table, ['rm', '-r', 'oss://films/old'])
      await terminal.shows('Remove everything in oss://films/old? (y/N) ')
      terminal.type(`${word}\r`)
      return terminal.ended
    }
    const keys = async (): Promise<number> =>
      eventsOf(await table.run(['ls', '-r', 'oss://films', '--json'])).length
    expect(await answer('n')).toBe(1)
    expect(await keys()).toBe(1)
    expect(await answer('y')).toBe(0)
    expect(await keys()).toBe(0)
  })

  test('sync --delete asks how many files it may remove', async () => {
    const table = await bench()
    await table.file('a', 10)
    await table.run(['cp', 'a', 'oss://films/old/a'])
    await mkdir(join(table.directory, 'tree'))
    await table.file('tree/b', 10)
    const terminal = openTerminal(table, ['sync', 'tree', 'oss://films/old', '--delete'])
    await terminal.shows('Remove 1 file of oss://films/old (oss://films/old/a)? (y/N) ')
    terminal.type('y\r')
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).toContain('1 file copied, 1 removed')
  })

  test('nothing is coloured or moved about where NO_COLOR and a pipe say so', async () => {
    const table = await bench()
    await table.file('a', 300 * KiB)
    const piped = await table.run(['cp', 'a', 'oss://films/a', '--part-size', '100K'])
    expect(piped.stdout.toString() + piped.stderr).not.toMatch(escapes)
    const terminal = openTerminal(table, ['ls', 'oss://films'], { NO_COLOR: '1' })
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).not.toMatch(escapes)
  })
})
