import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OssError } from '../errors.ts'
import { encodingTypes, etag, textFor, xmlText } from '../fixtures/arbitraries.ts'
import { answerOf, caseOf } from '../fixtures/wire.ts'
import { parseETag } from '../values.ts'
import {
  decodeCompleteMultipartUpload,
  decodeCompleteMultipartUploadResult,
  encodeCompleteMultipartUpload,
  encodeCompleteMultipartUploadResult,
} from './complete-multipart-upload.ts'

const wrap = (parts: string): string =>
  `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`
const part = (number: number | string, tag = 'A'): string =>
  `<Part><PartNumber>${number}</PartNumber><ETag>${tag}</ETag></Part>`

describe('the list of parts', () => {
  test('is read as the wire case has it, with either spelling of the quote', () => {
    expect(decodeCompleteMultipartUpload(caseOf('complete').request.body)).toEqual([
      { partNumber: 1, etag: '302D3A0C8E319EAA95B059B346DE1D1D' },
      { partNumber: 5, etag: '5D41402ABC4B2A76B9719D911017C592' },
    ])
  })

  test('is written with quoted ETags, in the order given', () => {
    const parts = [7, 3].map((partNumber) => ({ partNumber, etag: parseETag('A1') }))
    expect(encodeCompleteMultipartUpload(parts)).toBe(wrap(part(7, '"A1"') + part(3, '"A1"')))
  })

  test('what is written can be read back', () => {
    const reference = fc.record({ partNumber: fc.integer({ min: 1, max: 10_000 }), etag })
    fc.assert(
      fc.property(fc.array(reference), (parts) => {
        expect(decodeCompleteMultipartUpload(encodeCompleteMultipartUpload(parts))).toEqual(parts)
      }),
    )
  })

  test.each([
    ['a declaration', `<?xml version="1.0" encoding="UTF-8"?>${wrap(part(1))}`],
    ['blanks before the declaration', `\n <?xml version="1.0"?>\n${wrap(part(1))}`],
    [
      'the namespace of OSS',
      wrap(part(1)).replace('>', ' xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">'),
    ],
    ['a prefix', wrap(part(1)).replace(/<(\/?)(\w)/g, '<$1s3:$2')],
    ['the ETag first', wrap('<Part><ETag>A</ETag><PartNumber>1</PartNumber></Part>')],
    ['quotes as decimal references', wrap(part(1, '&#34;A&#34;'))],
    ['quotes as entities', wrap(part(1, '&quot;A&quot;'))],
    ['blanks around values', wrap(`\n  <Part>\n${part(' 1\n', '\t"A" ').slice(6)}\n`)],
    ['values in CDATA', wrap(part('<![CDATA[1]]>', '<![CDATA["A"]]>'))],
    [
      'an element nobody knows in a part',
      wrap(part(1).replace('</Part>', '<Size>1</Size></Part>')),
    ],
    ['leading zeros', wrap(part('00001'))],
  ])('is understood with %s', (_, body) => {
    expect(decodeCompleteMultipartUpload(body)).toEqual([{ partNumber: 1, etag: 'A' }])
  })

  test.each([
    '<CompleteMultipartUpload/>',
    '<CompleteMultipartUpload></CompleteMultipartUpload>',
    wrap(' \n '),
    wrap('<!-- none -->'),
  ])('is empty in %j', (body) => {
    expect(decodeCompleteMultipartUpload(body)).toEqual([])
  })

  test('keeps descending and repeated numbers, which the server must judge', () => {
    const numbers = decodeCompleteMultipartUpload(wrap(part(2) + part(1) + part(1)))
    expect(numbers.map(({ partNumber }) => partNumber)).toEqual([2, 1, 1])
  })

  test.each([
    ['nothing', ''],
    ['blanks', ' \n'],
    ['JSON', '{}'],
    ['another root', '<Delete/>'],
    ['an unclosed part', '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>'],
    ['a part without a number', wrap('<Part><ETag>A</ETag></Part>')],
    ['a part without an ETag', wrap('<Part><PartNumber>1</PartNumber></Part>')],
    ['an empty part', wrap('<Part/>')],
    ['two numbers in a part', wrap(part('1</PartNumber><PartNumber>2'))],
    ['two ETags in a part', wrap(part(1, 'A</ETag><ETag>B'))],
    [
      'a part in another case',
      wrap(part(1) + part(2).replace('<Part>', '<part>').replace('</Part>', '</part>')),
    ],
    ['text instead of parts', wrap('1,A')],
    ['text between parts', wrap(`${part(1)},${part(2)}`)],
    ['a document type', `<!DOCTYPE CompleteMultipartUpload>${wrap(part(1))}`],
  ])('refuses %s as MalformedXML, with its number', (_, body) => {
    expect(() => decodeCompleteMultipartUpload(body)).toThrow(
      expect.objectContaining({ code: 'MalformedXML', status: 400, ec: '0042-00000205' }),
    )
  })

  test.each(['0', '10001', '-1', '1.5', '1e3', '', 'one', '999999', '１'])(
    'refuses the part number %j as InvalidArgument',
    (number) => {
      expect(() => decodeCompleteMultipartUpload(wrap(part(number)))).toThrow(
        expect.objectContaining({
          code: 'InvalidArgument',
          ec: '0017-00000220',
          details: { ArgumentName: 'PartNumber', ArgumentValue: number },
        }),
      )
    },
  )

  test('how a document is written does not change what is read from it', () => {
    const blank = fc.constantFrom('', ' ', '\n\t', '\r\n', '\u00A0', '\v', '<!-- -->', 'x')
    const quote = fc.constantFrom('', '"', '&quot;', '&#34;', "'", ' ')
    const written = fc.record({
      number: fc.constantFrom('1', '2', '00007', '10000', '0', '10001', '99999', '', '1 ', 'A'),
      tag: fc.constantFrom('A1', 'a1-2', '', 'G', 'A&amp;', '-'),
      open: quote,
      close: quote,
      blanks: fc.array(blank, { minLength: 5, maxLength: 5 }),
    })
    const usual = fc.constantFrom(
      '',
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<?xml version="1.0"?>',
    )
    const seen = { usual: 0, refused: 0 }
    fc.assert(
      fc.property(usual, blank, fc.array(written, { maxLength: 3 }), blank, (head, a, parts, z) => {
        const inner = parts.map(({ number, tag, open, close, blanks: [b, c, d, e, f] }) => {
          const value = `${open}${tag}${close}`
          return `${b}<Part>${c}<PartNumber>${number}</PartNumber>${d}<ETag>${value}</ETag>${e}</Part>${f}`
        })
        const outcome = (text: string): unknown => {
          try {
            const read = decodeCompleteMultipartUpload(text)
            seen.usual += 1
            return read
          } catch (error) {
            seen.refused += 1
            return error instanceof OssError
              ? [error.code, error.ec, error.details.ArgumentValue]
              : error
          }
        }
        const xml = `${head}${a}${wrap(inner.join(''))}${z}`
        // An attribute, which means nothing, keeps a document from being read the quick way.
        expect(outcome(xml)).toEqual(outcome(xml.replace('Upload>', 'Upload any="">')))
      }),
      { numRuns: 2000 },
    )
    expect(Math.min(seen.usual, seen.refused)).toBeGreaterThan(100)
  })

  test('10,000 parts are read, one more is refused', () => {
    const parts = Array.from({ length: 10_000 }, (_, index) => ({
      partNumber: index + 1,
      etag: parseETag('302D3A0C8E319EAA95B059B346DE1D1D'),
    }))
    expect(decodeCompleteMultipartUpload(encodeCompleteMultipartUpload(parts))).toEqual(parts)
    const tooMany = wrap(part(1).repeat(10_001))
    expect(() => decodeCompleteMultipartUpload(tooMany)).toThrow(
      expect.objectContaining({ code: 'MalformedXML' }),
    )
  })
})

describe('the result', () => {
  test('is read as the wire case has it', () => {
    expect(decodeCompleteMultipartUploadResult(answerOf('complete'))).toEqual({
      location: 'http://examplebucket.oss-cn-hangzhou.aliyuncs.com/multipart.data',
      bucket: 'examplebucket',
      key: 'multipart.data',
      etag: '666B2DEED38C68BD9F40C2C617CBD99C-2',
    })
  })

  test.each(encodingTypes)('what is written can be read back, encoding-type %s', (encodingType) => {
    const result = fc.record({
      location: xmlText,
      bucket: fc.constant('examplebucket'),
      key: textFor(encodingType),
      etag,
    })
    fc.assert(
      fc.property(result, (value) => {
        const xml = encodeCompleteMultipartUploadResult(value, { encodingType })
        expect(decodeCompleteMultipartUploadResult(xml)).toEqual(value)
      }),
    )
  })

  test.each([
    ['nothing', ''],
    ['an error', answerOf('abort-again')],
    ['no ETag', answerOf('complete').replace(/<ETag>.*<\/ETag>/, '')],
    ['no key', answerOf('complete').replace(/<Key>.*<\/Key>/, '')],
    [
      'a broken escape in the key',
      answerOf('complete').replace('multipart.data</Key>', '%zz</Key>'),
    ],
  ])('refuses %s', (_, xml) => {
    expect(() => decodeCompleteMultipartUploadResult(xml)).toThrow(
      expect.objectContaining({ code: 'MalformedXML' }),
    )
  })
})
