import { expect, it } from 'vitest'
import { openService } from './api-samples.contract.ts'
import { deleteMultipleObjects } from './delete-multiple-objects.ts'

it('lets others be served where it takes long to ask leave for many keys', async () => {
  const service = await openService()
  const keys = Array.from({ length: 20 }, (_, index) => `<Object><Key>${index}</Key></Object>`)
  let turns = 0
  const count = (): void => {
    turns += 1
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  let asked = 0
  await service.ask(deleteMultipleObjects, {
    body: `<Delete>${keys.join('')}</Delete>`,
    authorize: async () => {
      asked += 1
      // As a policy that is long: nobody else has a turn meanwhile.
      for (const end = performance.now() + 11; performance.now() < end; );
    },
  })
  clearImmediate(timer)
  expect(asked).toBe(20)
  expect(turns).toBeGreaterThanOrEqual(19)
})
