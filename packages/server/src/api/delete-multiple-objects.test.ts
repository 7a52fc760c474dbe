import { expect, it } from 'vitest'
import { openService } from './api-samples.contract.ts'
import { deleteMultipleObjects } from './delete-multiple-objects.ts'

it('asks leave for many keys in many turns, so that others are served meanwhile', async () => {
  const service = await openService()
  const keys = Array.from({ length: 1000 }, (_, index) => `<Object><Key>${index}</Key></Object>`)
  let turn = 0
  const askedIn = new Map<number, number>()
  let over = false
  const count = (): void => {
    turn += 1
    if (!over) setImmediate(count)
  }
  count()
  await service.ask(deleteMultipleObjects, {
    body: `<Delete>${keys.join('')}</Delete>`,
    authorize: async () => {
      askedIn.set(turn, (askedIn.get(turn) ?? 0) + 1)
    },
  })
  over = true
  expect(Math.max(...askedIn.values())).toBeLessThanOrEqual(20)
  expect([...askedIn.values()].reduce((sum, asked) => sum + asked, 0)).toBe(1000)
})
