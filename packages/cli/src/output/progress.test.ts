import { Writable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { startProgress } from './progress.ts'

/** A terminal of so many columns that keeps what is written to it. */
function terminal(columns: number): { stream: NodeJS.WriteStream; written: () => string } {
  let text = ''
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString()
      done()
    },
  })
  const stream = Object.assign(sink, { isTTY: true, columns, rows: 30 })
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => text }
}

const escapes = new RegExp(`${String.fromCharCode(27)}(\\[[0-9;?]*[A-Za-z]|[78])`)

test('a bar leaves room for the ^C that a terminal echoes after it, twice', () => {
  const { stream, written } = terminal(60)
  const progress = startProgress({ label: 'a long name.mov'.repeat(9), total: 1e9, stream })
  progress.update(5e8)
  progress.stop()
  const lines = written().split(escapes)
  expect(Math.max(...lines.map((line) => line.length))).toBeGreaterThan(20)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(56)
})

test('a bar that stops clears everything below it, once, and does not come back', () => {
  const { stream, written } = terminal(60)
  const progress = startProgress({ label: 'film.mov', total: 100, stream })
  progress.stop()
  expect(written()).toMatch(/\x1b\[J$/)
  const write = vi.fn()
  progress.aside(write)
  progress.stop()
  expect(write).toHaveBeenCalledOnce()
  expect(written().match(/\x1b\[J/g)).toHaveLength(1)
})
