import type { RefererConfiguration } from '@lading/protocol'
import { expect, test } from 'vitest'
import { requireReferer } from './referer.ts'

const open: RefererConfiguration = {
  allowEmptyReferer: true,
  allowTruncateQueryString: true,
  truncatePath: false,
  referers: [],
  blacklist: [],
}
const listed = (...referers: readonly string[]): RefererConfiguration => ({ ...open, referers })

test.each<[string, RefererConfiguration, string | undefined, boolean]>([
  ['no lists let everybody in', open, 'http://a.example/', true],
  ['no Referer passes where it may be empty', listed('http://a.example'), undefined, true],
  [
    'no Referer is refused where it may not',
    { ...listed('http://a.example'), allowEmptyReferer: false },
    undefined,
    false,
  ],
  ['an empty list looks at nothing', { ...open, allowEmptyReferer: false }, undefined, true],
  ['an entry says how a Referer begins', listed('http://a.example'), 'http://a.example/x', true],
  ['another scheme is another entry', listed('http://a.example'), 'https://a.example/', false],
  ['an entry without a scheme fits any', listed('a.example'), 'https://a.example/x', true],
  ['a star stands for any text', listed('http://*.a.example'), 'http://b.a.example/', true],
  [
    'a question mark stands for one character',
    listed('http://?.example'),
    'http://a.example',
    true,
  ],
  ['a question mark is no empty text', listed('http://?.example'), 'http://.example', false],
  ['a name elsewhere in it is no match', listed('a.example'), 'http://b.example/?a.example', false],
  [
    'a blacklist counts for more than the list',
    { ...listed('*'), blacklist: ['http://bad.example'] },
    'http://bad.example/x',
    false,
  ],
  [
    'the query is cut off before it is compared',
    { ...open, blacklist: ['http://*evil'] },
    'http://a.example/?evil',
    true,
  ],
  [
    'the query is compared where it may not be cut off',
    { ...open, allowTruncateQueryString: false, blacklist: ['http://*evil'] },
    'http://a.example/?evil',
    false,
  ],
  [
    'the path is cut off where the bucket says so',
    { ...open, truncatePath: true, blacklist: ['http://*evil'] },
    'http://a.example/evil',
    true,
  ],
])('%s', (_, configuration, referer, allowed) => {
  const ask = (): void => requireReferer(configuration, referer)
  if (allowed) expect(ask).not.toThrow()
  else {
    expect(ask).toThrow(
      expect.objectContaining({
        code: 'AccessDenied',
        status: 403,
        message: 'You are denied by bucket referer policy.',
      }),
    )
  }
})
