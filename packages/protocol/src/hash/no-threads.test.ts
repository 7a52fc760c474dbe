import { expect, onTestFinished, test, vi } from 'vitest'

test('where the process may start no thread there is none, and no error', async () => {
  const asked: unknown[] = []
  vi.resetModules()
  vi.doMock('node:worker_threads', () => ({
    Worker: class {
      constructor(_: string, options: { readonly execArgv?: readonly string[] }) {
        asked.push(options.execArgv)
        throw new Error('Access to this API has been restricted.')
      }
    },
  }))
  onTestFinished(() => {
    vi.doUnmock('node:worker_threads')
    vi.resetModules()
  })
  const { startPartsThread } = await import('./node.ts')
  expect(await startPartsThread(64)).toBeUndefined()
  // Nor does one get the flags of the process: some make another program of it.
  expect(asked).toEqual([[]])
})
