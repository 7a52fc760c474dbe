import { expect, test } from 'vitest'
import { watchEngines } from './engine-watch.ts'

test('an engine that is gone is told of once, and once more when it is back', async () => {
  const told: string[] = []
  const answers = [true, false, false, true, true]
  const { promise: asked, resolve: done } = deferred()
  const watch = watchEngines(
    [
      {
        name: 'database',
        async probe() {
          told.push(watch.isWell ? 'well' : 'not well')
          const answer = answers.shift()
          if (answers.length === 0) done()
          if (!answer) throw new Error('gone')
        },
      },
    ],
    {
      intervalMs: 1,
      onGone: (name) => told.push(`${name} is gone`),
      onBack: (name) => told.push(`${name} is back`),
    },
  )
  await asked
  await watch.stop()
  expect(told.slice(0, 7)).toEqual([
    'well',
    'well',
    'database is gone',
    'not well',
    'not well',
    'database is back',
    'well',
  ])
})

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
