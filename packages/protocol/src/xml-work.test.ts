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

test.each([
  ['elements', `<Delete>${fill('<a/>')}</Delete>`],
  ['depth', fill('<a>')],
  ['text', `<Delete>${fill('x')}</Delete>`],
  ['references', `<Delete>${fill('&#1;')}</Delete>`],
  ['sections', `<Delete>${fill('<![CDATA[]]>')}</Delete>`],
  ['comments', `<Delete>${fill('<!---->')}</Delete>`],
  ['attributes', `<Delete ${fill('a="" ')}></Delete>`],
  ['controls', `<Delete>${fill('\x01xxxxxxxxxxxxxxx')}</Delete>`],
  ['what is no XML', fill('<')],
])('a mebibyte of %s takes at most one event for each character', (_, text) => {
  const events = eventsOf(text)
  expect(events).toBeGreaterThan(0)
  expect(events).toBeLessThanOrEqual(text.length)
})

test('the caps end the reading: what follows them costs nothing', () => {
  expect(eventsOf(fill('<a>'))).toBe(eventsOf(fill('<a>', 2 * MiB)))
  const elements = (length: number): string => `<Delete>${fill('<a/>', length)}</Delete>`
  expect(eventsOf(elements(MiB))).toBe(eventsOf(elements(2 * MiB)))
})

test('a bomb of entities is refused at its first line, and nothing of it is expanded', () => {
  const entities = Array.from(
    { length: 100 },
    (_, n) => `<!ENTITY a${n + 1} "${`&a${n};`.repeat(10)}">`,
  )
  const bomb = `<!DOCTYPE b [<!ENTITY a0 "a">${entities.join('')}]><Delete>&a100;</Delete>`
  expect(eventsOf(bomb)).toBeLessThanOrEqual(2)
})
