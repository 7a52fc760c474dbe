/** What a hostile document costs: pieces cut out of it and characters searched, both counted and bounded. */

import { expect, onTestFinished, test, vi } from 'vitest'
import { parseXml } from './xml.ts'

interface Work {
  /** How often something was cut out of the document. */
  pieces: number
  /** Characters that were cut out or searched through, each as often as that happened. */
  characters: number
}

/** What reading `text` took, whether it was refused or not. */
function workOn(text: string): Work {
  const work: Work = { pieces: 0, characters: 0 }
  const { slice, indexOf } = String.prototype
  const cut = vi.spyOn(String.prototype, 'slice').mockImplementation(function (
    this: string,
    ...bounds
  ) {
    const piece = slice.apply(this, bounds)
    work.pieces += 1
    work.characters += piece.length
    return piece
  })
  const search = vi.spyOn(String.prototype, 'indexOf').mockImplementation(function (
    this: string,
    wanted,
    from = 0,
  ) {
    const found = indexOf.call(this, wanted, from)
    work.characters += (found === -1 ? this.length : found) - from
    return found
  })
  const restore = (): void => {
    cut.mockRestore()
    search.mockRestore()
  }
  onTestFinished(restore)
  try {
    parseXml(text, 'Delete')
  } catch {
    // Refused, at some cost.
  }
  restore()
  return work
}

const MiB = 1024 * 1024
const fill = (piece: string, length = MiB): string => piece.repeat(length / piece.length)
/** As many as are read at all. */
const many = (piece: string): string => piece.repeat(100_000)

test.each([
  ['elements', `<Delete>${many('<a/>')}</Delete>`],
  ['depth', many('<a>')],
  ['text', `<Delete>${fill('x')}</Delete>`],
  ['references', `<Delete>${many('&#1;')}</Delete>`],
  ['sections', `<Delete>${many('<![CDATA[]]>')}</Delete>`],
  ['comments', `<Delete>${many('<!---->')}</Delete>`],
  ['attributes', `<Delete ${fill('a="" ')}></Delete>`],
  ['controls', `<Delete>${fill('\x01xxxxxxxxxxxxxxx')}</Delete>`],
  ['what is no XML', many('<')],
])(
  'a document full of %s is cut at most once, and searched six times, for each character',
  (_, text) => {
    const { pieces, characters } = workOn(text)
    expect(pieces).toBeGreaterThan(0)
    expect(pieces).toBeLessThanOrEqual(text.length)
    expect(characters).toBeLessThanOrEqual(6 * text.length)
  },
)

test('the caps end the reading: what follows them costs nothing', () => {
  expect(workOn('<a>'.repeat(50_000)).pieces).toBe(workOn(many('<a>')).pieces)
  const elements = (count: number): string => `<Delete>${'<a/>'.repeat(count)}</Delete>`
  expect(workOn(elements(50_000)).pieces).toBe(workOn(elements(100_000)).pieces)
})

test.each(['<a/>', '<a>', '&#1;', '&amp;', '<![CDATA[]]>', '<!---->', '<?a?>', '<'])(
  'a document with more %j than any message has is refused before it is parsed',
  (piece) => {
    const text = `<Delete>${piece.repeat(100_101)}</Delete>`
    expect(workOn(text).pieces).toBe(0)
    expect(() => parseXml(text, 'Delete')).toThrow(
      expect.objectContaining({ code: 'MalformedXML' }),
    )
  },
)

test('a Complete of 10,000 parts with quoted ETags, each with one element more, is read', () => {
  const part = '<Part><PartNumber>1</PartNumber><ETag>&quot;A&quot;</ETag><Size>1</Size></Part>'
  const root = parseXml(`<Delete>${part.repeat(10_000)}</Delete>`, 'Delete')
  expect(root.children).toHaveLength(10_000)
})

test('a bomb of entities is refused at its first line, and nothing of it is expanded', () => {
  const entities = Array.from(
    { length: 100 },
    (_, n) => `<!ENTITY a${n + 1} "${`&a${n};`.repeat(10)}">`,
  )
  const bomb = `<!DOCTYPE b [<!ENTITY a0 "a">${entities.join('')}]><Delete>&a100;</Delete>`
  expect(workOn(bomb).pieces).toBeLessThanOrEqual(3)
})
