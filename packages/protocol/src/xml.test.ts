import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { xmlText } from './fixtures/arbitraries.ts'
import {
  childrenOf,
  document,
  element,
  escapeReadable,
  optionalElement,
  optionalTextOf,
  parseXml,
  textOf,
} from './xml.ts'

const malformed = expect.objectContaining({ name: 'OssError', code: 'MalformedXML', status: 400 })

/** All that is not refused in one run of text: controls, both ends of line of XML 1.1, markup. */
const everyControl = Array.from({ length: 0x9f }, (_, index) =>
  String.fromCharCode(index + 1),
).join('')

describe('reading', () => {
  test('a tree keeps names, texts and the order of children', () => {
    const root = parseXml('<a>x<b>1</b>y<c><d/></c><b>2</b></a>', 'a')
    expect(root).toEqual({
      name: 'a',
      text: 'xy',
      children: [
        { name: 'b', text: '1', children: [] },
        { name: 'c', text: '', children: [{ name: 'd', text: '', children: [] }] },
        { name: 'b', text: '2', children: [] },
      ],
    })
  })

  test.each([
    ['a declaration', '<?xml version="1.0" encoding="UTF-8"?><a>t</a>'],
    ['a declaration of version 1.1', '<?xml version="1.1"?><a>t</a>'],
    ['blanks before the declaration', '\r\n \t<?xml version="1.0"?><a>t</a>'],
    ['a byte order mark', '\uFEFF<?xml version="1.0"?><a>t</a>'],
    ['a byte order mark behind blanks', '\n\uFEFF<a>t</a>'],
    ['blanks after the root', '<a>t</a>\r\n'],
    ['a default namespace', '<a xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">t</a>'],
    ['a prefix', '<o:a xmlns:o="urn:o">t</o:a>'],
    ['a prefix nobody declared', '<o:a>t</o:a>'],
    ['attributes', '<a b="1" c=\'&lt;\'>t</a>'],
    ['comments', '<!-- & --><a><!-- <b> -->t<!----></a><!---->'],
    ['processing instructions', '<?one two?><a>t<?three?></a>'],
    ['CDATA', '<a><![CDATA[t]]></a>'],
    ['character references', '<a>&#116;</a>'],
  ])('%s is understood', (_, xml) => {
    expect(parseXml(xml, 'a').text).toBe('t')
  })

  test.each([
    ['the five entities', '<a>&amp;&lt;&gt;&quot;&apos;</a>', '&<>"\''],
    ['references to controls', '<a>&#x01;&#x1F;&#x9;&#xA;&#xD;&#127;</a>', '\x01\x1F\t\n\r\x7F'],
    ['raw controls', '<a>\x01\x0a\x0c\x07Pc</a>', '\x01\n\x0c\x07Pc'],
    ['raw controls in CDATA', '<a><![CDATA[<\x01>&\x02]]>\x03</a>', '<\x01>&\x02\x03'],
    ['raw controls behind a comment', '<a><!-- <![CDATA[ \x01 -->\x02</a>', '\x02'],
    ['raw controls behind an instruction', '<a><?x <![CDATA[ \x01 ?>\x02</a>', '\x02'],
    ['next line and line separator', '<a>\x85\u2028</a>', '\x85\u2028'],
    ['line ends, which become LF', '<a>1\r\n2\r3\n4</a>', '1\n2\n3\n4'],
    ['blanks at both ends', '<a> t \n</a>', ' t \n'],
    ['characters beyond the BMP', '<a>😀&#x1F600;</a>', '😀😀'],
    ['what looks like CDATA when escaped', '<a>&lt;![CDATA[\x01]]&gt;</a>', '<![CDATA[\x01]]>'],
  ])('%s are read as themselves', (_, xml, text) => {
    expect(parseXml(xml, 'a').text).toBe(text)
  })

  test.each([
    ['nothing', ''],
    ['blanks', ' \n'],
    ['text', 'a'],
    ['another root', '<b/>'],
    ['a root in another case', '<A/>'],
    ['an unclosed root', '<a>'],
    ['an unclosed child', '<a><b></a>'],
    ['two roots', '<a/><a/>'],
    ['text behind the root', '<a/>t'],
    ['an unclosed comment', '<a/><!--'],
    ['unclosed CDATA', '<a><![CDATA[</a>'],
    ['a bare ampersand', '<a>& </a>'],
    ['an unknown entity', '<a>&nbsp;</a>'],
    ['an entity named like a member of Object', '<a>&constructor;</a>'],
    ['an attribute without quotes', '<a b=1/>'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['U+0000 as a reference', '<a>&#0;</a>'],
    ['U+0000', '<a>\0</a>'],
    ['U+FFFF', '<a>\uFFFF</a>'],
    ['half a surrogate pair', '<a>\uD83D</a>'],
    ['a reference beyond Unicode', '<a>&#x110000;</a>'],
    ['a control in a name', '<a\x01/>'],
    ['the end of CDATA in text', '<a>]]></a>'],
    ['a document type', '<!DOCTYPE a><a/>'],
    ['a document type in lower case', '<!doctype a><a/>'],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
    ['a document type behind the root', '<a/><!DOCTYPE a>'],
  ])('%s is refused', (_, xml) => {
    expect(() => parseXml(xml, 'a')).toThrow(malformed)
  })

  test('16 levels are read, 17 are refused', () => {
    const nested = (levels: number): string => '<a>'.repeat(levels) + '</a>'.repeat(levels)
    expect(parseXml(nested(16), 'a').children).toHaveLength(1)
    expect(() => parseXml(nested(17), 'a')).toThrow(malformed)
    expect(() => parseXml('<a>'.repeat(500_000), 'a')).toThrow(malformed)
  })

  test('40,005 elements are read, one more is refused', () => {
    const wide = (elements: number): string => `<a>${'<b/>'.repeat(elements - 1)}</a>`
    expect(parseXml(wide(40_005), 'a').children).toHaveLength(40_004)
    expect(() => parseXml(wide(40_006), 'a')).toThrow(malformed)
  })

  test.each([
    ['attributes', `<a ${Array.from({ length: 1001 }, (_, index) => `b${index}=""`).join(' ')}/>`],
    ['characters', `<a>${' '.repeat(8 * 1024 * 1024)}</a>`],
  ])('too many %s are refused', (_, xml) => {
    expect(() => parseXml(xml, 'a')).toThrow(malformed)
  })

  test('any text at all is read or refused, never anything else', () => {
    const markup = fc.constantFrom(
      '<a>',
      '</a>',
      '<a/>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      '&',
      '<!',
    )
    const soup = fc.array(fc.oneof(markup, fc.string({ unit: 'binary', maxLength: 3 })))
    fc.assert(
      fc.property(soup, (pieces) => {
        try {
          parseXml(`<a>${pieces.join('')}</a>`, 'a')
        } catch (error) {
          expect(error).toEqual(malformed)
        }
      }),
    )
  })
})

describe('looking for children', () => {
  const root = parseXml('<a><one>1</one><two>1</two><two>2</two><empty/></a>', 'a')

  test('a text is found by name, and an empty element is the empty text', () => {
    expect(textOf(root, 'one')).toBe('1')
    expect(textOf(root, 'empty')).toBe('')
    expect(optionalTextOf(root, 'absent')).toBeUndefined()
  })

  test('a missing or doubled element is refused where one is meant', () => {
    expect(() => textOf(root, 'absent')).toThrow(malformed)
    expect(() => textOf(root, 'two')).toThrow(malformed)
    expect(() => optionalTextOf(root, 'two')).toThrow(malformed)
    expect(childrenOf(root, 'two')).toHaveLength(2)
  })
})

describe('writing', () => {
  test('elements nest, absent ones are skipped, and an empty text makes an empty element', () => {
    const root = element('a', [
      element('b', true),
      optionalElement('c', undefined),
      optionalElement('d', ''),
      element('e', 18446744073709551615n),
      element('f', []),
    ])
    expect(document(root)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<a><b>true</b><d></d><e>18446744073709551615</e><f></f></a>',
    )
  })

  test('markup is escaped; quotes and controls stay, save CR, which would be lost, and U+0000', () => {
    expect(element('a', `&<>"'\r\n\x01]]>\0`)).toBe(
      '<a>&amp;&lt;&gt;"\'&#13;\n\x01]]&gt;\uFFFD</a>',
    )
  })

  test('controls can be written as references instead, and nothing stays that XML cannot carry', () => {
    expect(escapeReadable('<\f\x7F\n\0\uFFFE\uFFFF')).toBe('&lt;&#12;&#127;\n\uFFFD\uFFFD\uFFFD')
  })

  test('what is written can be read back', () => {
    const reread = (text: string): string => parseXml(document(element('a', text)), 'a').text
    expect(reread(everyControl)).toBe(everyControl)
    fc.assert(
      fc.property(xmlText, (text) => {
        expect(reread(text)).toBe(text)
        expect(parseXml(element('a', [escapeReadable(text)]), 'a').text).toBe(text)
      }),
    )
  })
})
