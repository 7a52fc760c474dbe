import type { Server } from 'node:http'
import { expect, test } from 'vitest'
import { bothLengthsWork } from './lenient-length.ts'

test('this Node can be taught to take both lengths and nothing else', async () => {
  expect(await bothLengthsWork()).toBe(true)
})

test('the trial fails on a parser that refuses both lengths', async () => {
  expect(await bothLengthsWork(() => {})).toBe(false)
})

test('the trial fails on a parser that is lenient in all', async () => {
  const lenientInAll = (server: Server): void => {
    Object.assign(server, { insecureHTTPParser: true })
  }
  expect(await bothLengthsWork(lenientInAll)).toBe(false)
})
