/** What a hostile document costs: events of the parser, counted, and never more than its characters. */

import { SaxesParser } from 'saxes'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parseXml } from './xml.ts'

/** The events that reading `text` took, whether it was refused or not. */
function eventsOf(text: string): number {
  let events = 0
  const on = SaxesParser.prototype.on
  const spy = vi.spyOn(SaxesParser.prototype, 'on').mockImplementation(function (
    this: SaxesParser,
    name,
    handler,
  ) {
    const counting = (...event: readonly unknown[]): void => {
      events += 1
      Reflect.apply(handler, this, event)
    }
    on.call(this, name, counting as typeof handler)
  })
  onTestFinished(() => spy.mockRestore())
  try {
    parseXml(text, 'Delete')
  } catch {
    // Refused, at some cost.
  }
  spy.mockRestore()
  return events
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
])('a document full of %s takes at most one event for each character', (_, text) => {
  const events = eventsOf(text)
  expect(events).toBeGreaterThan(0)
  expect(events).toBeLessThanOrEqual(text.length)
})

test('the caps end the reading: what follows them costs nothing', () => {
  expect(eventsOf('<a>'.repeat(50_000))).toBe(eventsOf(many('<a>')))
  const elements = (count: number): string => `<Delete>${'<a/>'.repeat(count)}</Delete>`
  expect(eventsOf(elements(50_000))).toBe(eventsOf(elements(100_000)))
})

test.each(['<a/>', '<a>', '&#1;', '&amp;', '<![CDATA[]]>', '<!---->', '<?a?>', '<'])(
  'a document with more %j than any message has is refused before it is parsed',
  (piece) => {
    const text = `<Delete>${piece.repeat(100_101)}</Delete>`
    expect(eventsOf(text)).toBe(0)
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
  expect(eventsOf(bomb)).toBeLessThanOrEqual(2)
})
