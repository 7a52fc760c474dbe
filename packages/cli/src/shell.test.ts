import { execFileSync } from 'node:child_process'
import { delimiter } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoteArgument, sameCommand } from './shell.ts'

test('a shell takes a quoted argument back as it was', () => {
  const words = fc.array(fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')))
  fc.assert(
    fc.property(words, (args) => {
      const script = `printf '%s\\0' ${args.map(quoteArgument).join(' ')}`
      const printed = execFileSync('sh', ['-c', script], { encoding: 'utf8' })
      expect(printed).toBe(args.length === 0 ? '\0' : args.map((arg) => `${arg}\0`).join(''))
    }),
    { numRuns: 30 },
  )
})

test('the same command is told as it was started, without its secrets', () => {
  const words = ['cp', 'my film.mov', 'oss://b/', '-k', 'hush', '--sts-token=hush', '-f']
  const told = "cp 'my film.mov' oss://b/ -k '***' --sts-token='***' -f"
  const path = ['/usr/bin', '/opt/bin'].join(delimiter)
  expect(sameCommand(['/usr/bin/node', '/opt/bin/lading', ...words], { PATH: path })).toBe(
    `lading ${told}`,
  )
  expect(sameCommand(['/usr/bin/node', '/x/lading.cjs', ...words], { PATH: path })).toBe(
    `node /x/lading.cjs ${told}`,
  )
  expect(sameCommand(['/n 20/node', '/x/lading.cjs', ...words], { PATH: path })).toBe(
    `'/n 20/node' /x/lading.cjs ${told}`,
  )
  expect(sameCommand(['/usr/bin/node', '/x/.bin/lading', ...words], { npm_command: 'exec' })).toBe(
    `npx lading ${told}`,
  )
})

test('a password in the address of a proxy is left out of a line that is shown', () => {
  const words = ['ls', '--proxy', 'http://me:hush@proxy:3128']
  expect(sameCommand(['/usr/bin/node', '/x/lading', ...words], { npm_command: 'exec' })).toBe(
    "npx lading ls --proxy 'http://***@proxy:3128'",
  )
})
