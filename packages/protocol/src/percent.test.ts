import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodePercent, encodePath, encodeStrict } from './percent.ts'

/** As an HTTP parser hands over what was not encoded: one character for each byte of UTF-8. */
function asBytes(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
}

const text = fc.string({ unit: 'binary' })

describe('encoding', () => {
  test('only letters, digits and -._~ stay', () => {
    expect(encodeStrict('AZaz09-._~')).toBe('AZaz09-._~')
    expect(encodeStrict("/+ !'()*@:,;=&$%|\n")).toBe(
      '%2F%2B%20%21%27%28%29%2A%40%3A%2C%3B%3D%26%24%25%7C%0A',
    )
    expect(encodeStrict('中')).toBe('%E4%B8%AD')
  })

  test('a path keeps its slashes, and only those', () => {
    expect(encodePath('a//b/../%2F c')).toBe('a//b/../%252F%20c')
  })

  test('half of a surrogate pair is the programmer’s mistake', () => {
    expect(() => encodeStrict('a\ud800')).toThrow(TypeError)
    expect(() => encodePath('\udc00/')).toThrow(TypeError)
  })

  test('nothing but unreserved characters and escapes leaves', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(encodeStrict(value)).toMatch(/^(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})*$/)
        expect(encodePath(value)).toMatch(/^(?:[A-Za-z0-9\-._~/]|%[0-9A-F]{2})*$/)
      }),
    )
  })
})

describe('decoding', () => {
  test('undoes what encoding does, once', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(decodePercent(encodeStrict(value))).toBe(value)
        expect(decodePercent(encodePath(value))).toBe(value)
        expect(decodePercent(encodeStrict(encodeStrict(value)))).toBe(encodeStrict(value))
      }),
    )
  })

  test('text that came as bare UTF-8 is read like text that came encoded', () => {
    fc.assert(
      fc.property(text, text, (bare, encoded) => {
        const raw = asBytes(bare.replaceAll('%', '')) + encodeStrict(encoded)
        expect(decodePercent(raw)).toBe(bare.replaceAll('%', '') + encoded)
      }),
    )
  })

  test('a byte order mark is a character like any other', () => {
    expect(decodePercent('%EF%BB%BFa')).toBe('\ufeffa')
    expect(decodePercent(`${asBytes('\ufeff')}a`)).toBe('\ufeffa')
  })

  test('a plus is a plus', () => {
    expect(decodePercent('a+b')).toBe('a+b')
  })

  test.each([
    ['a lone percent sign', '%'],
    ['half an escape', 'a%2'],
    ['an escape that is not hex', '%zz'],
    ['an escape that is not hex beside bare UTF-8', `${asBytes('é')}%zz`],
    ['half an escape beside bare UTF-8', `${asBytes('é')}%2`],
    ['a byte that begins no character', '%FF'],
    ['a character cut short', '%E4%B8'],
    ['half of a surrogate pair', '%ED%A0%80'],
    ['an overlong slash', '%C0%AF'],
    ['a bare byte that is not UTF-8', '\xff'],
    ['characters that are not bytes', '中'],
  ])('%s is not understood', (_, raw) => {
    expect(decodePercent(raw)).toBeUndefined()
  })
})
