/**
 * Reads `multipart/form-data` as it comes: the fields into memory, as many as are allowed, and the file
 * as a stream that is never held. Source: RFC 7578, and PostObject, OSS API reference.
 */

import { type KnownErrorCode, OssError } from '@lading/protocol'

/** Bytes of a field's name. Source: PostObject, OSS API reference. */
const MAX_NAME = 8 * 1024

/** Bytes of everything before the file; our own cap, of what the service allows one value. */
const MAX_FIELDS = 2 * 1024 * 1024

/** Bytes of the header lines of one part; our own cap. */
const MAX_HEAD = 16 * 1024

export interface FormFile {
  /** Without the directories that some browsers send; empty when there is none. */
  readonly name: string
  readonly contentType: string | undefined
  /**
   * The bytes, once. Ends only after the whole form has been read to its end.
   *
   * @throws {OssError} `MalformedPOSTRequest`, `IncorrectNumberOfFilesInPOSTRequest`.
   */
  bytes(): AsyncGenerator<Uint8Array, void, undefined>
}

export interface Form {
  /** By lower-case name. What comes after the file is not read. */
  readonly fields: ReadonlyMap<string, string>
  readonly file: FormFile
}

/**
 * Reads all that stands before the bytes of the file. `bytes` is not ended here when that fails.
 *
 * @throws {OssError} `RequestIsNotMultiPartContent`, `MalformedPOSTRequest`, `FieldItemTooLong`,
 *   `MaxPOSTPreDataLengthExceededError`, `IncorrectNumberOfFilesInPOSTRequest`; `InvalidArgument` for
 *   a field that is given twice.
 */
export async function readForm(
  contentType: string | undefined,
  bytes: AsyncIterator<Uint8Array>,
): Promise<Form> {
  const parts = new PartReader(boundaryOf(contentType), bytes)
  const fields = new Map<string, string>()
  await parts.begin()
  for (;;) {
    const head = await parts.nextHead()
    if (!head) throw new OssError('IncorrectNumberOfFilesInPOSTRequest')
    const { name, fileName, contentType: type } = head
    if (isFile(name)) {
      const file = { name: baseName(fileName ?? ''), contentType: type, bytes: () => parts.last() }
      return { fields, file }
    }
    const field = name.toLowerCase()
    // Whoever checks a form and whoever uses it must not mean different values.
    if (fields.has(field)) {
      throw new OssError('InvalidArgument', {
        message: 'A field of the form is given more than once.',
        details: { ArgumentName: name.slice(0, 200), ArgumentValue: '' },
      })
    }
    fields.set(field, decodeText(await parts.content()))
  }
}

interface PartHead {
  readonly name: string
  readonly fileName: string | undefined
  readonly contentType: string | undefined
}

const CRLF = Buffer.from('\r\n')

/** A form's parts in order. Each byte is looked at a bounded number of times, however they come. */
class PartReader {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #delimiter: Buffer
  /** Bytes that have come and have not been taken, from `#start` to `#end`. */
  #buffer: Buffer = Buffer.alloc(4096)
  #start = 0
  #end = 0
  /** Whether `#buffer` is the source's own, which may change once more is asked for. */
  #borrowed = false
  /** Bytes that may still be taken before the file. */
  #allowance: number = MAX_FIELDS

  constructor(boundary: string, bytes: AsyncIterator<Uint8Array>) {
    this.#source = bytes
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
  }

  /** Reads what stands before the first part, and means nothing. */
  async begin(): Promise<void> {
    // The first delimiter is one without a line before it, too.
    this.#append(CRLF)
    await this.content()
  }

  /** The head of the part that follows a delimiter; `undefined` after the last one. */
  async nextHead(): Promise<PartHead | undefined> {
    while (this.#end - this.#start < 2) await this.#more()
    if (this.#buffer.toString('latin1', this.#start, this.#start + 2) === '--') return undefined
    const padding = await this.#line(MAX_HEAD)
    if (!/^[ \t]*$/.test(padding)) throw malformed()
    const lines = new Map<string, string>()
    let allowed = MAX_HEAD
    for (;;) {
      const line = await this.#line(allowed)
      if (line === '') return readHead(lines)
      allowed -= line.length
      const colon = line.indexOf(':')
      if (colon < 1) throw malformed()
      const name = line.slice(0, colon).trim().toLowerCase()
      if (lines.has(name)) throw malformed()
      lines.set(name, line.slice(colon + 1).trim())
    }
  }

  /** The content of the part, up to the next delimiter. */
  content(): Promise<Buffer> {
    return this.#until(this.#delimiter, this.#allowance, 'MaxPOSTPreDataLengthExceededError')
  }

  /** The content of the part as it comes, and then the rest of the form, which may hold no other file. */
  async *last(): AsyncGenerator<Uint8Array, void, undefined> {
    this.#allowance = Number.POSITIVE_INFINITY
    yield* this.#stream()
    for (;;) {
      const head = await this.nextHead()
      if (!head) break
      if (isFile(head.name)) throw new OssError('IncorrectNumberOfFilesInPOSTRequest')
      for await (const _ of this.#stream());
    }
    // Whatever follows the form belongs to nobody.
    while (!(await this.#source.next()).done);
  }

  /** Yields up to the delimiter and takes that as well. */
  async *#stream(): AsyncGenerator<Uint8Array, void, undefined> {
    const delimiter = this.#delimiter
    for (;;) {
      const held = this.#buffer.subarray(this.#start, this.#end)
      const at = held.indexOf(delimiter)
      const sure = at >= 0 ? at : held.length - heldBack(held, delimiter)
      this.#start += at >= 0 ? at + delimiter.length : sure
      if (sure > 0) yield held.subarray(0, sure)
      if (at >= 0) return
      await this.#more()
    }
  }

  async #line(limit: number): Promise<string> {
    return decodeText(await this.#until(CRLF, limit, 'MalformedPOSTRequest'))
  }

  /** Takes the bytes before `mark`, and the mark. */
  async #until(mark: Buffer, limit: number, refusal: KnownErrorCode): Promise<Buffer> {
    let seen = 0
    for (;;) {
      const held = this.#buffer.subarray(this.#start, this.#end)
      const at = held.indexOf(mark, Math.max(0, seen - mark.length + 1))
      if ((at < 0 ? held.length - mark.length : at) > limit) throw new OssError(refusal)
      if (at >= 0) {
        this.#start += at + mark.length
        this.#allowance -= at + mark.length
        return Buffer.from(held.subarray(0, at))
      }
      seen = held.length
      await this.#more()
    }
  }

  /** @throws {OssError} `MalformedPOSTRequest` when nothing more comes. */
  async #more(): Promise<void> {
    if (this.#borrowed) this.#makeRoom(0)
    const { done, value } = await this.#source.next()
    if (done) throw malformed()
    this.#append(value)
  }

  #append(chunk: Uint8Array): void {
    if (this.#start === this.#end && chunk.length > 1024) {
      this.#buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
      this.#borrowed = true
      this.#start = 0
      this.#end = chunk.length
      return
    }
    if (this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length)
    this.#buffer.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /**
   * Moves what is held to a buffer of our own: a fresh one, because what was handed on may be in use,
   * and of twice the size, so that single bytes do not cost a copy of all before them.
   */
  #makeRoom(bytes: number): void {
    const held = this.#end - this.#start
    const roomy = Buffer.allocUnsafe(Math.max(4096, 2 * (held + bytes)))
    this.#buffer.copy(roomy, 0, this.#start, this.#end)
    this.#buffer = roomy
    this.#borrowed = false
    this.#start = 0
    this.#end = held
  }
}

/** How many bytes at the end could be the beginning of the delimiter. */
function heldBack(held: Buffer, delimiter: Buffer): number {
  const from = Math.max(0, held.length - delimiter.length + 1)
  for (let at = held.indexOf(0x0d, from); at >= 0; at = held.indexOf(0x0d, at + 1)) {
    const length = held.length - at
    if (held.compare(delimiter, 0, length, at) === 0) return length
  }
  return 0
}

function isFile(name: string): boolean {
  return name.toLowerCase() === 'file'
}

/** @throws {OssError} `MalformedPOSTRequest`, `FieldItemTooLong`. */
function readHead(lines: ReadonlyMap<string, string>): PartHead {
  const disposition = lines.get('content-disposition') ?? ''
  if (!/^form-data[ \t]*(;|$)/i.test(disposition)) throw malformed()
  const parameters = readParameters(disposition)
  const name = parameters.get('name')
  if (!name) throw malformed()
  if (Buffer.byteLength(name) > MAX_NAME) throw new OssError('FieldItemTooLong')
  return {
    name,
    fileName: parameters.get('filename'),
    contentType: lines.get('content-type') || undefined,
  }
}

/** Such as `form-data; name="a"; filename="b"`, from left to right and to the very end. */
function readParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>()
  const semicolon = text.indexOf(';')
  if (semicolon < 0) return parameters
  const parameter =
    /;[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;"]*)))?[ \t]*/y
  let at = semicolon
  while (at < text.length) {
    parameter.lastIndex = at
    const match = parameter.exec(text)
    if (!match) throw malformed()
    const [whole, name, quoted, bare = ''] = match
    at += whole.length
    if (name === undefined) continue
    const key = name.toLowerCase()
    if (parameters.has(key)) throw malformed()
    parameters.set(key, quoted === undefined ? bare.trim() : unquote(quoted))
  }
  return parameters
}

/** Browsers write a quote as `%22`, others as `\"`; any other backslash is what it looks like. */
function unquote(text: string): string {
  return text.replace(/\\(["\\])/g, '$1').replaceAll('%22', '"')
}

/** @throws {OssError} `RequestIsNotMultiPartContent`, `MalformedPOSTRequest`. */
function boundaryOf(contentType = ''): string {
  if (!/^multipart\/form-data[ \t]*(;|$)/i.test(contentType)) {
    throw new OssError('RequestIsNotMultiPartContent')
  }
  const boundary = readParameters(contentType).get('boundary') ?? ''
  // At most 70 by RFC 2046; some clients are more generous.
  if (boundary === '' || boundary.length > 200) throw malformed()
  return boundary
}

/** Some browsers send the whole path of the file. */
function baseName(fileName: string): string {
  return fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1)
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw malformed()
  }
}

function malformed(): OssError {
  return new OssError('MalformedPOSTRequest')
}
