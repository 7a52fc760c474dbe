/** XML as OSS speaks it: a small tree to read from, text to write. */

import { malformedXml, readXml, type XmlElement } from './read-xml.ts'

export { malformedXml, type XmlElement } from './read-xml.ts'

/** Characters. A full page of objects takes below 6 million; our own cap. */
const MAX_LENGTH = 8 * 1024 * 1024

/**
 * Tags, references, comments and sections, which are what takes time: a tenth of a second at most. That
 * Complete has 80,010 and, with quoted ETags, 20,000 more; our own cap.
 */
const MAX_MARKUP = 100_100

/**
 * Reads one document whose root must be `rootName`. Blanks and a byte order mark before it are
 * tolerated, and so are control characters, raw or as references: keys may hold them, the service
 * writes them in listings, and SDKs in DeleteMultipleObjects (Go and Python as references, JavaScript
 * raw). U+0000, U+FFFE, U+FFFF and document types are refused.
 *
 * @throws {OssError} `MalformedXML`, for whatever is wrong with the text.
 */
export function parseXml(text: string, rootName: string): XmlElement {
  if (text.length > MAX_LENGTH) throw malformedXml('The document is too long.')
  requireLittleMarkup(text)
  const root = readXml(text.replace(/^[\uFEFF \t\r\n]+/, ''))
  if (root.name !== rootName) throw malformedXml(`The root element is not ${rootName}.`)
  return root
}

/** Every child of that name, in order. */
export function childrenOf(parent: XmlElement, name: string): readonly XmlElement[] {
  return parent.children.filter((child) => child.name === name)
}

/** @throws {OssError} `MalformedXML` when the child occurs twice, because either could be meant. */
export function childOf(parent: XmlElement, name: string): XmlElement | undefined {
  let found: XmlElement | undefined
  for (const child of parent.children) {
    if (child.name !== name) continue
    if (found) throw malformedXml(`The element ${parent.name} has more than one ${name}.`)
    found = child
  }
  return found
}

/** @throws {OssError} `MalformedXML` unless there is exactly one such child. */
export function textOf(parent: XmlElement, name: string): string {
  const text = optionalTextOf(parent, name)
  if (text === undefined) throw malformedXml(`The element ${parent.name} has no ${name}.`)
  return text
}

/** The text of the child, `undefined` when there is none. An empty child is the empty text. */
export function optionalTextOf(parent: XmlElement, name: string): string | undefined {
  return childOf(parent, name)?.text
}

declare const brand: unique symbol

/** Text that is markup already. Only the functions below make it, so nothing is escaped twice. */
export type Xml = string & { readonly [brand]: 'Xml' }

/** An element around escaped text or, when given an array, around elements; absent ones are skipped. */
export function element(
  name: string,
  content: string | number | bigint | boolean | readonly (Xml | undefined)[],
): Xml {
  const inner = Array.isArray(content) ? content.join('') : escapeText(String(content))
  return `<${name}>${inner}</${name}>` as Xml
}

/** As `element`, but nothing at all when there is no content. */
export function optionalElement(
  name: string,
  content: string | number | bigint | boolean | undefined,
): Xml | undefined {
  return content === undefined ? undefined : element(name, content)
}

/** A whole answer: the declaration, then `root`. No namespace: several SDKs find nothing under one. */
export function document(root: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`
}

/**
 * Escapes what would be read as markup. Control characters stay raw, as the service sends them in
 * listings without `encoding-type`, save two: a raw CR would be read back as LF, and U+0000 has no
 * form in XML at all.
 */
export function escapeText(text: string): Xml {
  if (!/[&<>\r\0]/.test(text)) return text as Xml
  return text.replace(/[&<>\r\0]/g, (character) => escapes[character] ?? character) as Xml
}

/**
 * As `escapeText`, for texts that people read rather than programs compare: controls are references,
 * as the service writes them in errors, and the two characters that no XML reader takes are replaced.
 */
export function escapeReadable(text: string): Xml {
  return escapeText(text)
    .replace(/[\x01-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]/g, (control) => `&#${control.charCodeAt(0)};`)
    .replace(/[\uFFFE\uFFFF]/g, '\uFFFD') as Xml
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#13;',
  '\0': '\uFFFD',
}

function requireLittleMarkup(text: string): void {
  let markup = 0
  for (const opener of ['<', '&']) {
    for (let at = text.indexOf(opener); at !== -1; at = text.indexOf(opener, at + 1)) {
      markup += 1
      if (markup > MAX_MARKUP) throw malformedXml('The document has too much markup.')
    }
  }
}
