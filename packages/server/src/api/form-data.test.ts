import { OssError } from '@lading/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gather, refusalOf } from './api-samples.contract.ts'
import { readForm } from './form-data.ts'

const type = 'multipart/form-data; boundary=B'

async function* pieces(body: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0
  for (const cut of [...cuts, body.length]) {
    // A copy that is spoiled once the next is asked for, as the reader must not rely on it.
    const piece = new Uint8Array(body.subarray(from, cut))
    yield piece
    piece.fill(0xee)
    from = cut
  }
}

interface ReadForm {
  readonly fields: Record<string, string>
  readonly fileName: string
  readonly contentType: string | undefined
  readonly content: Buffer
}

async function read(
  body: string | Uint8Array,
  cuts: readonly number[] = [],
  contentType = type,
): Promise<ReadForm> {
  const bytes = Buffer.from(body)
  const { fields, file } = await readForm(contentType, pieces(bytes, cuts))
  return {
    fields: Object.fromEntries(fields),
    fileName: file.name,
    contentType: file.contentType,
    content: Buffer.from(await gather(file.bytes())),
  }
}

const field = (name: string, value: string): string =>
  `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const file = (content: string, head = 'name="file"; filename="a.txt"'): string =>
  `--B\r\nContent-Disposition: form-data; ${head}\r\nContent-Type: text/plain\r\n\r\n${content}\r\n`
const end = '--B--\r\n'

describe('a form', () => {
  const tricky = '\r\n--\r\n--A\r\n-\r\r\n--'
  const whole = Buffer.from(
    `preamble\r\n${field('Key', 'ü')}${field('x:v', tricky)}${file(tricky)}${field('after', 'x')}${end}epilogue`,
  )
  const expected: ReadForm = {
    fields: { key: 'ü', 'x:v': tricky },
    fileName: 'a.txt',
    contentType: 'text/plain',
    content: Buffer.from(tricky),
  }

  test('is read the same wherever it is cut in two', async () => {
    for (let cut = 0; cut <= whole.length; cut += 1) {
      expect(await read(whole, [cut])).toEqual(expected)
    }
  })

  test('is read the same byte by byte', async () => {
    expect(await read(whole, [...whole.keys()])).toEqual(expected)
  })

  test('gives back any bytes, in any pieces', async () => {
    const bytes = fc.uint8Array({ maxLength: 4000 }).map((array) => Buffer.from(array))
    const text = fc
      .array(fc.constantFrom('\r', '\n', '-', 'B', 'x', '\r\n--'))
      .map((all) => all.join(''))
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          bytes,
          text.map((string) => Buffer.from(string)),
        ),
        fc.array(fc.nat(4500)),
        async (content, cuts) => {
          fc.pre(!content.includes('\r\n--B'))
          const body = Buffer.concat([
            Buffer.from(file('')).subarray(0, -2),
            content,
            Buffer.from(`\r\n${end}`),
          ])
          const sorted = cuts.filter((cut) => cut <= body.length).sort((one, other) => one - other)
          expect((await read(body, sorted)).content).toEqual(content)
        },
      ),
    )
  })

  test('that is damaged anywhere is refused or read, and never breaks the reader', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.nat(40),
        fc.uint8Array({ maxLength: 4 }),
        async (at, removed, added) => {
          const damaged = Buffer.concat([
            whole.subarray(0, at),
            added,
            whole.subarray(at + removed),
          ])
          await read(damaged).catch((error: unknown) => expect(error).toBeInstanceOf(OssError))
        },
      ),
    )
  })

  test('names its file without directories, and with the quotes that it has', async () => {
    const named = async (head: string): Promise<string> =>
      (await read(`${file('', head)}${end}`)).fileName
    expect(await named('name="file"; filename="C:\\dir\\a b.txt"')).toBe('a b.txt')
    expect(await named('name=file; filename=/a/b.txt')).toBe('b.txt')
    expect(await named('name="file"; filename="a\\"b%22c"')).toBe('a"b"c')
    expect(await named('filename="x; name=key"; name="FILE"')).toBe('x; name=key')
    expect(await named('name="file"')).toBe('')
  })

  test('may quote its boundary', async () => {
    const body = `${file('x').replace('--B', '--a b')}--a b--`.replace('\r\n--a b--', '\r\n--a b--')
    const { content } = await read(body, [], 'Multipart/Form-Data; charset=utf-8; boundary="a b"')
    expect(content.toString()).toBe('x')
  })
})

describe('a form is refused', () => {
  test.each([
    [
      'with another type',
      'application/x-www-form-urlencoded',
      file('x') + end,
      'RequestIsNotMultiPartContent',
    ],
    ['without a boundary', 'multipart/form-data', file('x') + end, 'MalformedPOSTRequest'],
    ['without a file', type, field('key', 'a') + end, 'IncorrectNumberOfFilesInPOSTRequest'],
    ['with two files', type, file('x') + file('y') + end, 'IncorrectNumberOfFilesInPOSTRequest'],
    ['without its end', type, file('x'), 'MalformedPOSTRequest'],
    ['cut in a field', type, field('key', 'a').slice(0, -4), 'MalformedPOSTRequest'],
    ['with nothing in it', type, '', 'MalformedPOSTRequest'],
    ['with a part that has no name', type, '--B\r\n\r\nx\r\n--B--', 'MalformedPOSTRequest'],
    [
      'with a field twice',
      type,
      field('key', 'a') + field('KEY', 'b') + file('x') + end,
      'InvalidArgument',
    ],
    ['with a name of 9 KiB', type, field('n'.repeat(9000), 'a') + end, 'FieldItemTooLong'],
    ['with a head of 17 KiB', type, `--B\r\nA: ${'x'.repeat(17_000)}`, 'MalformedPOSTRequest'],
    [
      'with a value of 2 MiB',
      type,
      field('v', 'x'.repeat(2 * 1024 * 1024)) + end,
      'MaxPOSTPreDataLengthExceededError',
    ],
    [
      'with values of 2 MiB together',
      type,
      Array.from({ length: 33 }, (_, at) => field(`v${at}`, 'x'.repeat(65_536))).join('') + end,
      'MaxPOSTPreDataLengthExceededError',
    ],
  ])('%s', async (_, contentType, body, code) => {
    expect(await refusalOf(read(body, [], contentType))).toMatchObject({ code, status: 400 })
    const halves = [Math.floor(body.length / 2)]
    expect(await refusalOf(read(body, halves, contentType))).toMatchObject({ code })
  })
})
