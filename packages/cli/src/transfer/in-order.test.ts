import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareNames, sideBySide } from './in-order.ts'

const names = fc.string({ unit: 'grapheme', maxLength: 8 })

async function* listed(list: readonly string[]) {
  for (const name of list) yield { name }
}

async function pairsOf(left: readonly string[], right: readonly string[]) {
  const pairs: (readonly [string | undefined, string | undefined])[] = []
  for await (const [one, other] of sideBySide(listed(left), listed(right))) {
    pairs.push([one?.name, other?.name])
  }
  return pairs
}

test('names are in the order of their bytes in UTF-8', () => {
  fc.assert(
    fc.property(names, names, (left, right) => {
      const bytes = Buffer.compare(Buffer.from(left), Buffer.from(right))
      expect(Math.sign(compareNames(left, right))).toBe(bytes)
    }),
  )
  expect(compareNames('\uffee', '\u{1f600}')).toBeLessThan(0)
})

test('two lists side by side lose nothing and meet where they agree', async () => {
  const lists = fc.uniqueArray(names, { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(lists, lists, async (left, right) => {
      const pairs = await pairsOf(left.sort(compareNames), right.sort(compareNames))
      const both = left.filter((name) => right.includes(name))
      expect(pairs.flatMap(([one]) => one ?? [])).toEqual(left)
      expect(pairs.flatMap(([, other]) => other ?? [])).toEqual(right)
      expect(pairs.filter(([one, other]) => one === other).map(([one]) => one)).toEqual(both)
    }),
  )
})

test('a list that is out of order is refused, and nothing is taken for missing', async () => {
  await expect(pairsOf(['a', 'b'], ['b', 'a'])).rejects.toThrow('a is listed after b')
})
