import { expect, test } from 'vitest'
import { loadPeer } from './load-peer.ts'

const missing = (name: string): Error =>
  Object.assign(new Error(`Cannot find package '${name}' imported from /somewhere.js`), {
    code: 'ERR_MODULE_NOT_FOUND',
  })

test('a package that is not installed is named, with what installs it', async () => {
  const loading = loadPeer('pg', async () => {
    throw missing('pg')
  })
  await expect(loading).rejects.toThrow('npm install pg')
})

test('what else fails while a package is loaded stays as it is', async () => {
  for (const error of [missing('pg-protocol'), new Error('pg')]) {
    const loading = loadPeer('pg', async () => {
      throw error
    })
    await expect(loading).rejects.toBe(error)
  }
})
