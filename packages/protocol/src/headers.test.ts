import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeHeaderText,
  formatContentMd5,
  formatHttpDate,
  formatIsoBasic,
  formatTimestamp,
  fromBase64,
  fromHex,
  md5ETag,
  parseContentMd5,
  parseHttpDate,
  parseIsoBasic,
  parseTimestamp,
  toBase64,
  toHex,
} from './headers.ts'

const moment = new Date('2022-12-28T10:27:41Z')
const dates = fc.date({
  min: new Date('0100-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
})
const bytes = fc.uint8Array({ maxLength: 100 })

function wholeSecond(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000)
}

describe('HTTP dates', () => {
  test('are written as RFC 1123 has them', () => {
    expect(formatHttpDate(moment)).toBe('Wed, 28 Dec 2022 10:27:41 GMT')
  })

  test('what is written can be read back, to the second', () => {
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseHttpDate(formatHttpDate(date))).toEqual(wholeSecond(date))
      }),
    )
  })

  test.each([
    ['RFC 1123', 'Wed, 28 Dec 2022 10:27:41 GMT'],
    ['a blank around it', ' Wed, 28 Dec 2022 10:27:41 GMT '],
    ['RFC 850', 'Wednesday, 28-Dec-22 10:27:41 GMT'],
    ['asctime', 'Wed Dec 28 10:27:41 2022'],
  ])('%s is read', (_, text) => {
    expect(parseHttpDate(text)).toEqual(moment)
  })

  test('days of one digit are read, with and without their zero', () => {
    const second = new Date('2022-12-02T00:00:00Z')
    expect(parseHttpDate('Fri, 02 Dec 2022 00:00:00 GMT')).toEqual(second)
    expect(parseHttpDate('Fri, 2 Dec 2022 00:00:00 GMT')).toEqual(second)
    expect(parseHttpDate('Fri Dec  2 00:00:00 2022')).toEqual(second)
  })

  test('a year of two digits is one between 1969 and 2068', () => {
    expect(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT')?.getUTCFullYear()).toBe(1994)
    expect(parseHttpDate('Thursday, 06-Nov-69 08:49:37 GMT')?.getUTCFullYear()).toBe(1969)
    expect(parseHttpDate('Sunday, 06-Nov-68 08:49:37 GMT')?.getUTCFullYear()).toBe(2068)
  })

  test.each([
    '',
    'now',
    '20221228T102741Z',
    '2022-12-28T10:27:41Z',
    'Wed, 28 Dec 2022 10:27:41 +0800',
    'Wed, 28 Dez 2022 10:27:41 GMT',
    'Thu, 31 Feb 2022 10:27:41 GMT',
    'Wed, 00 Dec 2022 10:27:41 GMT',
    'Wed, 28 Dec 2022 24:00:00 GMT',
    'Wed, 28 Dec 2022 10:60:41 GMT',
    'Wed, 28 Dec 2022 10:27:61 GMT',
    'Wed, 28 Dec 2022 10:27:41 GMT and more',
  ])('%j is none', (text) => {
    expect(parseHttpDate(text)).toBeUndefined()
  })
})

describe('ISO basic dates', () => {
  test('are written as V4 signs them', () => {
    expect(formatIsoBasic(moment)).toBe('20221228T102741Z')
  })

  test('what is written can be read back, to the second', () => {
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseIsoBasic(formatIsoBasic(date))).toEqual(wholeSecond(date))
      }),
    )
  })

  test.each([
    '',
    '20221228',
    '20221228T102741',
    '2022-12-28T10:27:41Z',
    '20220230T102741Z',
    '20221328T102741Z',
    '20221228T252741Z',
    '20221228T102741Z\n',
    'Wed, 28 Dec 2022 10:27:41 GMT',
  ])('%j is none', (text) => {
    expect(parseIsoBasic(text)).toBeUndefined()
  })
})

describe('timestamps in bodies', () => {
  test('are written with three digits of a second', () => {
    expect(formatTimestamp(moment)).toBe('2022-12-28T10:27:41.000Z')
  })

  test('what is written can be read back', () => {
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseTimestamp(formatTimestamp(date))).toEqual(date)
      }),
    )
  })

  test.each([
    ['2022-12-28T10:27:41Z', 0],
    ['2022-12-28T10:27:41.5Z', 500],
    ['2022-12-28T10:27:41.123456789Z', 123],
    [' 2022-12-28T10:27:41.000Z\n', 0],
  ])('%j is read', (text, ms) => {
    expect(parseTimestamp(text)).toEqual(new Date(moment.getTime() + ms))
  })

  test.each([
    '',
    '2022-12-28',
    '2022-12-28T10:27:41',
    '2022-02-30T10:27:41Z',
    'x2022-12-28T10:27:41Z',
  ])('%j is none', (text) => {
    expect(parseTimestamp(text)).toBeUndefined()
  })
})

describe('Content-MD5', () => {
  const empty = fromHex('D41D8CD98F00B204E9800998ECF8427E')

  test('is the base64 of 16 bytes', () => {
    expect(formatContentMd5(empty)).toBe('1B2M2Y8AsgTpgAmY7PhCfg==')
    expect(parseContentMd5('1B2M2Y8AsgTpgAmY7PhCfg==')).toEqual(empty)
    expect(parseContentMd5(' 1B2M2Y8AsgTpgAmY7PhCfg== ')).toEqual(empty)
  })

  test('of the 20 bytes that the C SDK sends, the first 16 count', () => {
    expect(parseContentMd5(toBase64(Uint8Array.from([...empty, 0, 4, 0, 0])))).toEqual(empty)
  })

  test.each([
    ['nothing', ''],
    ['15 bytes', toBase64(new Uint8Array(15))],
    ['17 bytes', toBase64(new Uint8Array(17))],
    ['21 bytes', toBase64(new Uint8Array(21))],
    ['no base64', '!!!!!!!!!!!!!!!!!!!!!!=='],
    ['missing padding', '1B2M2Y8AsgTpgAmY7PhCfg'],
    ['base64 with blanks', '1B2M2Y8AsgTpgAmY 7PhCfg='],
    ['the URL alphabet', '_-2M2Y8AsgTpgAmY7PhCfg=='],
    ['hex of 32 digits', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['base64 of such hex', 'ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM='],
  ])('%s is refused', (_, text) => {
    expect(() => parseContentMd5(text)).toThrow(
      expect.objectContaining({ code: 'InvalidDigest', status: 400 }),
    )
  })

  test('makes the ETag of its bytes', () => {
    expect(md5ETag(empty)).toBe('D41D8CD98F00B204E9800998ECF8427E')
  })
})

describe('hex and base64', () => {
  test('what is written can be read back', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(fromHex(toHex(value))).toEqual(value)
        expect(fromHex(toHex(value).toLowerCase())).toEqual(value)
        expect(fromBase64(toBase64(value))).toEqual(value)
      }),
    )
  })

  test('are those of others', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(toHex(value)).toBe(Buffer.from(value).toString('hex').toUpperCase())
        expect(toBase64(value)).toBe(Buffer.from(value).toString('base64'))
      }),
    )
  })

  test.each(['A', 'AG', '0x', ' 0'])('%j is no hex', (text) => {
    expect(() => fromHex(text)).toThrow(TypeError)
  })

  test.each(['A', 'AA', 'AAA', 'A===', 'AA=A', 'AAAA\n', 'AA AA', 'AA-_'])(
    '%j is no base64',
    (text) => {
      expect(fromBase64(text)).toBeUndefined()
    },
  )
})

describe('text beyond ASCII', () => {
  const asBytes = (text: string) =>
    Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')

  test('bytes that are UTF-8 are read so', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeHeaderText(asBytes(text))).toBe(text)
      }),
    )
  })

  test('bytes that are not stay as they came', () => {
    expect(decodeHeaderText('caf\xe9')).toBe('caf\xe9')
    expect(decodeHeaderText('\xff\xfe')).toBe('\xff\xfe')
  })

  test('text that cannot be bytes stays as it came', () => {
    expect(decodeHeaderText('中文')).toBe('中文')
    expect(decodeHeaderText('Ã©中')).toBe('Ã©中')
  })
})
