/**
 * XML read into a tree. As strict as XML 1.1 is, with two exceptions: controls may stand raw where XML
 * wants references, and document types are refused, and with them whatever a text could be made to
 * expand to. Each step looks for the next end, so the time is proportional to the length.
 */

import { OssError } from './errors.ts'

/** One element as read. Namespaces, prefixes and attributes are dropped: OSS gives them no meaning. */
export interface XmlElement {
  readonly name: string
  /** The element's own characters, references resolved, not trimmed. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** Deeper than any message of OSS; our own cap. */
const MAX_DEPTH = 16

/** A Complete of 10,000 parts has three elements a part, and may have one more; our own cap. */
const MAX_ELEMENTS = 40_005

/** In the whole document. They are rare in earnest; our own cap. */
const MAX_ATTRIBUTES = 1000

export function malformedXml(errorDetail: string, cause?: unknown): OssError {
  return new OssError('MalformedXML', { details: { ErrorDetail: errorDetail }, cause })
}

/** @throws {OssError} `MalformedXML` unless `text` is one well-formed element and what may surround it. */
export function readXml(text: string): XmlElement {
  if (notInXml.test(text)) throw malformedXml('The document has a character that XML has not.')
  return new XmlReader(text.replace(/\r\n?/g, '\n')).read()
}

/** No form of XML has these, raw or as references. Half a surrogate pair is one of them. */
const notInXml = /[\0\uD800-\uDFFF\uFFFE\uFFFF]/u

/** Source: XML 1.1, productions 4 and 4a. */
const nameStart =
  ':A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}'
const isNameStart = new RegExp(`^[${nameStart}]`, 'u')
const notInName = new RegExp(`[^${nameStart}\\-.0-9\\xB7\\u0300-\\u036F\\u203F\\u2040]`, 'u')
const endOfName = /[ \t\n/>=?<"'&]/g
const notBlank = /[^ \t\n]/g

const declaration =
  /^<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(["'])1\.[0-9]+\1(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(["'])[A-Za-z][\w.-]*\2)?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(["'])(?:yes|no)\3)?[ \t\n]*\?>$/

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

interface OpenElement {
  readonly name: string
  text: string
  readonly children: OpenElement[]
}

class XmlReader {
  readonly #text: string
  #at = 0
  readonly #open: OpenElement[] = []
  /** Their names with prefixes, as the end tags must repeat them. */
  readonly #tags: string[] = []
  /** Found to be well-formed: the same few come again and again. */
  readonly #names = new Set<string>()
  #root: OpenElement | undefined
  #elements = 0
  #attributes = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): XmlElement {
    if (/^<\?xml[ \t\n]/.test(this.#text.slice(0, 6))) this.#readDeclaration()
    while (this.#at < this.#text.length) {
      this.#readText()
      if (this.#at === this.#text.length) break
      if (this.#skip('</')) this.#readEnd()
      else if (this.#skip('<!--')) this.#readComment()
      else if (this.#skip('<![CDATA[')) this.#readSection()
      else if (this.#skip('<?')) this.#readInstruction()
      else if (this.#skip('<')) this.#readStart()
    }
    if (!this.#root) throw malformedXml('The document is empty.')
    if (this.#tags.length > 0) throw malformedXml(`The element ${this.#tags.at(-1)} is not closed.`)
    return this.#root
  }

  #readDeclaration(): void {
    if (!declaration.test(`<?${this.#upTo('?>', 2)}?>`)) {
      throw malformedXml('The declaration is not well-formed.')
    }
  }

  #readText(): void {
    const next = this.#text.indexOf('<', this.#at)
    const end = next === -1 ? this.#text.length : next
    if (end === this.#at) return
    const raw = this.#text.slice(this.#at, end)
    this.#at = end
    const parent = this.#open.at(-1)
    if (parent) {
      if (raw.includes(']]>')) throw malformedXml('Text may not contain ]]>.')
      parent.text += resolveReferences(raw)
    } else if (raw.search(/[^ \t\n]/) !== -1)
      throw malformedXml('Text is outside the root element.')
  }

  #readSection(): void {
    const parent = this.#open.at(-1)
    if (!parent) throw malformedXml('A CDATA section is outside the root element.')
    parent.text += this.#upTo(']]>')
  }

  #readComment(): void {
    if (`${this.#upTo('-->')}-`.includes('--')) throw malformedXml('A comment contains --.')
  }

  #readInstruction(): void {
    const target = this.#readName()
    if (target.toLowerCase() === 'xml')
      throw malformedXml('A declaration stands elsewhere than first.')
    const content = this.#upTo('?>')
    if (content !== '' && !/^[ \t\n]/.test(content)) {
      throw malformedXml('A processing instruction is not well-formed.')
    }
  }

  #readStart(): void {
    const tag = this.#readName()
    const hasBlank = this.#skipBlanks()
    if (hasBlank) this.#readAttributes()
    const isEmpty = this.#skip('/>')
    if (!isEmpty && !this.#skip('>')) throw malformedXml(`The tag of ${tag} is not well-formed.`)
    this.#elements += 1
    if (this.#elements > MAX_ELEMENTS) throw malformedXml('The document has too many elements.')
    if (this.#open.length === MAX_DEPTH) throw malformedXml('The document is nested too deep.')
    const name = tag.slice(tag.lastIndexOf(':') + 1)
    const opened: OpenElement = { name, text: '', children: [] }
    const parent = this.#open.at(-1)
    if (parent) parent.children.push(opened)
    else if (this.#root) throw malformedXml('The document has more than one root element.')
    else this.#root = opened
    if (isEmpty) return
    this.#open.push(opened)
    this.#tags.push(tag)
  }

  #readEnd(): void {
    const tag = this.#readName()
    this.#skipBlanks()
    this.#open.pop()
    if (!this.#skip('>') || this.#tags.pop() !== tag) {
      throw malformedXml(`The end tag of ${tag} does not fit.`)
    }
  }

  /** For their form alone: nobody asks for them. */
  #readAttributes(): void {
    const names = new Set<string>()
    while (!/[/>]/.test(this.#text.charAt(this.#at))) {
      this.#attributes += 1
      if (this.#attributes > MAX_ATTRIBUTES) {
        throw malformedXml('The document has too many attributes.')
      }
      const name = this.#readName()
      if (names.has(name)) throw malformedXml(`The attribute ${name} occurs twice.`)
      names.add(name)
      this.#skipBlanks()
      const isAssigned = this.#skip('=')
      this.#skipBlanks()
      const quote = this.#text.charAt(this.#at)
      if (!isAssigned || (quote !== '"' && quote !== "'")) {
        throw malformedXml(`The attribute ${name} has no quoted value.`)
      }
      const value = this.#upTo(quote, 1)
      if (value.includes('<')) throw malformedXml(`The attribute ${name} contains <.`)
      resolveReferences(value)
      if (!this.#skipBlanks()) break
    }
  }

  #readName(): string {
    const start = this.#at
    this.#goTo(endOfName)
    const name = this.#text.slice(start, this.#at)
    if (this.#names.has(name)) return name
    if (!isNameStart.test(name) || notInName.test(name)) throw malformedXml('A name is not one.')
    this.#names.add(name)
    return name
  }

  /** What stands before `end`, from `offset` on; goes behind `end`. */
  #upTo(end: string, offset = 0): string {
    const start = this.#at + offset
    const at = this.#text.indexOf(end, start)
    if (at === -1) throw malformedXml(`The document ends before ${end}.`)
    this.#at = at + end.length
    return this.#text.slice(start, at)
  }

  #skip(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  /** Whether there were any. */
  #skipBlanks(): boolean {
    const start = this.#at
    this.#goTo(notBlank)
    return this.#at > start
  }

  /** To the next of some characters, or to the end. */
  #goTo(characters: RegExp): void {
    characters.lastIndex = this.#at
    this.#at = characters.test(this.#text) ? characters.lastIndex - 1 : this.#text.length
  }
}

function resolveReferences(text: string): string {
  let result = ''
  let from = 0
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', from)) {
    const end = text.indexOf(';', at)
    if (end === -1) throw malformedXml('A reference has no end.')
    result += text.slice(from, at) + characterOf(text.slice(at + 1, end))
    from = end + 1
  }
  return result + text.slice(from)
}

function characterOf(reference: string): string {
  const [, hex, decimal] = /^#(?:x([0-9A-Fa-f]+)|([0-9]+))$/.exec(reference) ?? []
  const code = hex ? Number.parseInt(hex, 16) : Number.parseInt(decimal ?? '', 10)
  const character = code <= 0x10ffff ? String.fromCodePoint(code) : entities.get(reference)
  if (character === undefined || notInXml.test(character)) {
    throw malformedXml('A reference names no character.')
  }
  return character
}
