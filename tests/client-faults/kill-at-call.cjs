/**
 * Loaded into the command before everything else. Counts the calls that touch a checkpoint or its lock, and
 * kills the process at the one that `LADING_KILL_AT` numbers: `3` right before it, `3+` right after
 * it, `3~` in the middle of what it writes. Without a number it writes the calls into the file that
 * `LADING_CALLS_TO` names.
 */

const fs = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')

const { LADING_KILL_IN: directory = '', LADING_KILL_AT = '', LADING_CALLS_TO } = process.env
const [, at, moment] = /^(\d*)([+~]?)$/.exec(LADING_KILL_AT) ?? []
const calls = []

function die() {
  process.kill(process.pid, 'SIGKILL')
  // Nothing that comes after it may happen: the signal takes a moment.
  for (;;);
}

function watched(name, work, halve) {
  return async (...parameters) => {
    calls.push(name)
    const isMeant = calls.length === Number(at)
    if (isMeant && moment === '') die()
    if (isMeant && moment === '~') {
      await halve?.(...parameters)
      die()
    }
    const result = await work(...parameters)
    if (isMeant) die()
    return result
  }
}

const { open, rename, rm, mkdir } = fs.promises
const isOurs = (path) => String(path).startsWith(directory)

fs.promises.open = async (path, ...rest) => {
  if (!isOurs(path)) return open(path, ...rest)
  const file = await watched(`open ${rest[0]}`, () => open(path, ...rest))()
  for (const method of ['writeFile', 'sync', 'close']) {
    const work = file[method].bind(file)
    const halve =
      method === 'writeFile' ? (text) => work(text.slice(0, text.length / 2)) : undefined
    file[method] = watched(method, work, halve)
  }
  return file
}
for (const [name, work] of Object.entries({ rename, rm, mkdir })) {
  const seen = watched(name, work)
  fs.promises[name] = (path, ...rest) => (isOurs(path) ? seen : work)(path, ...rest)
}
syncBuiltinESMExports()

if (LADING_CALLS_TO) process.on('exit', () => fs.writeFileSync(LADING_CALLS_TO, calls.join('\n')))
