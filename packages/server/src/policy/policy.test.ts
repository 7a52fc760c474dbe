import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { isPublic, parsePolicy } from './parse-policy.ts'
import { evaluate, type Question, type Verdict } from './policy.ts'
import { matchesWildcard } from './wildcard.ts'

const parts = {
  Effect: 'Allow',
  Action: 'oss:GetObject',
  Resource: 'acs:oss:*:*:photos/*',
} as const

function document(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '1', Statement: statements })
}

const reading: Question = {
  names: ['me', 'LTAI1'],
  action: 'oss:GetObject',
  resource: { bucket: 'photos', key: 'a/cat.jpg', owner: 'me', region: 'cn-hangzhou' },
  facts: new Map(),
}

/** What one statement, with these changes, says about reading `a/cat.jpg` of `photos`. */
function verdict(changes: object, question: Partial<Question> = {}): Verdict {
  const policy = parsePolicy(document({ ...parts, ...changes }), 'bucket')
  return evaluate(policy, { ...reading, ...question })
}

function refused(text: string, place: 'bucket' | 'session' = 'bucket'): void {
  expect(() => parsePolicy(text, place)).toThrow(
    expect.objectContaining({ code: 'InvalidPolicyDocument', status: 400 }),
  )
}

describe('a wildcard pattern', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?', '.') })

  it('fits what the same regular expression fits', () => {
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        const source = pattern
          .replaceAll(/[.*?/]/g, '\\$&')
          .replaceAll('\\*', '.*')
          .replaceAll('\\?', '.')
        expect(matchesWildcard(pattern, text)).toBe(new RegExp(`^${source}$`, 's').test(text))
      }),
    )
  })

  it('costs no more than the product of the lengths', () => {
    expect(matchesWildcard(`${'*a'.repeat(200)}b`, 'a'.repeat(1000))).toBe(false)
  })
})

describe('a statement says something', () => {
  test.each([
    ['of its action', {}, {}],
    ['of an action in another case', { Action: 'OSS:getobject' }, {}],
    ['of a family of actions', { Action: ['oss:List*', 'oss:Get*'] }, {}],
    ['of every action but those', { Action: undefined, NotAction: 'oss:Put*' }, {}],
    ['of everything', { Action: '*', Resource: '*' }, {}],
    [
      'of every resource but those',
      { Resource: undefined, NotResource: 'acs:oss:*:*:music/*' },
      {},
    ],
    ['in its region', { Resource: 'acs:oss:oss-cn-hangzhou:*:photos/*' }, {}],
    ['of its owner', { Resource: 'acs:oss:*:me:photos/a/*' }, {}],
    ['with neither region nor owner', { Resource: 'acs:oss:::photos/*' }, {}],
    ['to everybody', { Principal: '*' }, { names: [] }],
    ['to everybody when it names nobody', {}, { names: [] }],
    ['to an owner', { Principal: ['you', 'me'] }, {}],
    ['to a key', { Principal: 'LTAI1' }, {}],
    [
      'to a session by its role',
      { Principal: 'arn:sts::me:assumed-role/dev/*' },
      { names: ['arn:sts::me:assumed-role/dev/app'] },
    ],
  ])('%s', (_, changes, question) => {
    expect(verdict(changes, question)).toBe('allow')
  })
})

describe('a statement says nothing', () => {
  test.each([
    ['of another action', { Action: 'oss:PutObject' }],
    ['of an action that it excludes', { Action: undefined, NotAction: 'oss:Get*' }],
    [
      'of the bucket itself when it names its objects',
      {},
      { resource: { ...reading.resource, key: undefined } },
    ],
    ['of another bucket', { Resource: 'acs:oss:*:*:music/*' }],
    [
      'of a resource that it excludes',
      { Resource: undefined, NotResource: 'acs:oss:*:*:photos/a*' },
    ],
    ['in another region', { Resource: 'acs:oss:oss-cn-beijing:*:photos/*' }],
    ['of another owner', { Resource: 'acs:oss:*:you:photos/*' }],
    ['to others than it names', { Principal: ['you', 'LTAI2'] }],
    ['to somebody anonymous when it names anybody', { Principal: 'me' }, { names: [] }],
  ] as [string, object, Partial<Question>?][])('%s', (_, changes, question = {}) => {
    expect(verdict(changes, question)).toBe('none')
  })
})

describe('a condition', () => {
  test.each([
    ['StringEquals', 'oss:Prefix', ['a/', 'b/'], 'b/', 'B/'],
    ['StringNotEquals', 'oss:Prefix', 'a/', 'b/', 'a/'],
    ['StringEqualsIgnoreCase', 'acs:UserAgent', 'curl', 'CURL', 'wget'],
    ['StringNotEqualsIgnoreCase', 'acs:UserAgent', 'curl', 'wget', 'CURL'],
    ['StringLike', 'oss:x-oss-acl', 'public-*', 'public-read', 'private'],
    ['StringNotLike', 'oss:x-oss-object-acl', 'public-*', 'private', 'public-read'],
    ['IpAddress', 'acs:SourceIp', ['10.0.0.0/8', '::1'], '10.1.2.3', '11.1.2.3'],
    ['IpAddress', 'acs:SourceIp', '2001:db8::/32', '2001:db8::1', '2001:db9::1'],
    ['NotIpAddress', 'acs:SourceIp', '10.0.0.0/8', '11.1.2.3', '10.1.2.3'],
    ['Bool', 'acs:SecureTransport', true, 'true', 'false'],
    ['NumericLessThanEquals', 'oss:MaxKeys', 10, '10', '11'],
    ['NumericGreaterThan', 'oss:MaxKeys', '10', '11', '10'],
    ['NumericNotEquals', 'oss:MaxKeys', '10', '11', '10'],
    [
      'DateLessThan',
      'acs:CurrentTime',
      '2026-11-22T12:00:00+08:00',
      '2026-11-22T03:59:59Z',
      '2026-11-22T04:00:00Z',
    ],
    [
      'DateGreaterThanEquals',
      'acs:CurrentTime',
      '2026-11-22T04:00:00Z',
      '2026-11-22T04:00:00.000Z',
      '2026-11-22T03:59:59.999Z',
    ],
  ])('%s of %s holds for what fits and for nothing else', (operator, key, value, fits, misses) => {
    const condition = { Condition: { [operator]: { [key]: value } } }
    const facts = (fact: string): Partial<Question> => ({
      facts: new Map([[key.toLowerCase(), fact]]),
    })
    expect(verdict(condition, facts(fits))).toBe('allow')
    expect(verdict(condition, facts(misses))).toBe('none')
  })

  it('that wants something does not hold of what is not there; one that excludes does', () => {
    expect(verdict({ Condition: { StringEquals: { 'oss:Prefix': '' } } })).toBe('none')
    expect(verdict({ Condition: { StringNotEquals: { 'oss:Prefix': '' } } })).toBe('allow')
  })

  it('holds only together with all the others', () => {
    const Condition = {
      StringEquals: { 'oss:Prefix': 'a/', 'oss:Delimiter': '/' },
      Bool: { 'acs:SecureTransport': 'true' },
    }
    const all: [string, string][] = [
      ['oss:prefix', 'a/'],
      ['oss:delimiter', '/'],
      ['acs:securetransport', 'true'],
    ]
    expect(verdict({ Condition }, { facts: new Map(all) })).toBe('allow')
    for (const missing of all) {
      const facts = new Map(all.filter((fact) => fact !== missing))
      expect(verdict({ Condition }, { facts })).toBe('none')
    }
  })
})

describe('a document is refused', () => {
  test.each([
    ['that is no JSON', '{unnormal-policy-text}'],
    ['that is empty', ''],
    ['that is an array', '[]'],
    ['of another version', JSON.stringify({ Version: '2', Statement: [parts] })],
    ['without statements', JSON.stringify({ Version: '1', Statement: [] })],
    ['with elements of its own', JSON.stringify({ Version: '1', Statement: [parts], Id: 'x' })],
    ['with __proto__', `{"Version":"1","__proto__":{},"Statement":[${JSON.stringify(parts)}]}`],
    ['longer than 16 KiB', document({ ...parts, Sid: 'x'.repeat(16 * 1024) })],
    ...(
      [
        ['without an effect', { Effect: undefined }],
        ['with an odd effect', { Effect: 'Perhaps' }],
        ['without an action', { Action: undefined }],
        ['with no action in its list', { Action: [] }],
        ['with Action and NotAction', { NotAction: 'oss:PutObject' }],
        ['with an action of something else', { Action: 'ecs:Reboot' }],
        ['without a resource', { Resource: undefined }],
        ['with a resource of something else', { Resource: 'acs:ecs:*:*:photos' }],
        ['with wildcards in the owner of a resource', { Resource: 'acs:oss:*:m*:photos' }],
        ['with variables', { Resource: ['acs:oss:*:*:photos/$', '{acs:username}/*'].join('') }],
        ['with NotPrincipal', { NotPrincipal: 'me' }],
        ['with wildcards in a principal', { Principal: 'LTAI*' }],
        ['with a principal of another kind', { Principal: { RAM: ['acs:ram::1:root'] } }],
        ['with an unknown operator', { Condition: { StringAlmost: { 'oss:Prefix': 'a' } } }],
        ['with an operator of every object', { Condition: { toString: { 'oss:Prefix': 'a' } } }],
        ['with an unknown key', { Condition: { StringEquals: { 'oss:Suffix': 'a' } } }],
        ['with a key of every object', { Condition: { StringEquals: { constructor: 'a' } } }],
        [
          'with an operator that does not fit',
          { Condition: { StringLike: { 'acs:SourceIp': '1*' } } },
        ],
        [
          'with an address that is none',
          { Condition: { IpAddress: { 'acs:SourceIp': '10.0.0' } } },
        ],
        [
          'with a network that is none',
          { Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/33' } } },
        ],
        ['with a truth that is none', { Condition: { Bool: { 'acs:SecureTransport': 'yes' } } }],
        [
          'with a date that is none',
          { Condition: { DateEquals: { 'acs:CurrentTime': '2026-13-01T00:00:00Z' } } },
        ],
        ['with a number that is none', { Condition: { NumericEquals: { 'oss:MaxKeys': 'ten' } } }],
        ['with a condition without values', { Condition: { StringEquals: { 'oss:Prefix': [] } } }],
      ] as const
    ).map(([title, changes]) => [title, document({ ...parts, ...changes })] as const),
  ] as [string, string][])('%s', (_, text) => refused(text))

  it('with an operator __proto__, which JSON can say', () => {
    const text = document({ ...parts, Condition: 'HERE' })
    refused(text.replace('"HERE"', '{"__proto__":{"oss:Prefix":"a"}}'))
    refused(text.replace('"HERE"', '{"StringEquals":{"__proto__":"a"}}'))
  })

  it('that names a principal for a session, or is longer than one may be', () => {
    refused(document({ ...parts, Principal: '*' }), 'session')
    refused(document({ ...parts, Sid: 'x'.repeat(2048) }), 'session')
    expect(parsePolicy(document(parts), 'session')).toHaveLength(1)
  })

  it('whatever is in it, and never by another error', () => {
    const json = fc.json({ maxDepth: 6 })
    const nearly = fc.record(
      {
        Effect: fc.oneof(fc.constantFrom('Allow', 'Deny'), fc.string()),
        Action: fc.oneof(fc.string(), fc.jsonValue()),
        Resource: fc.oneof(fc.string(), fc.jsonValue()),
        Principal: fc.jsonValue(),
        Condition: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    const texts = fc.oneof(
      fc.string(),
      json,
      nearly.map((statement) => document(statement)),
    )
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parsePolicy(text, 'bucket')
        } catch (error) {
          expect(error).toMatchObject({ code: 'InvalidPolicyDocument' })
        }
      }),
    )
  })
})

describe('of several statements', () => {
  const action = fc.constantFrom('oss:GetObject', 'oss:PutObject', 'oss:Get*', '*')
  const resource = fc.constantFrom(
    '*',
    'acs:oss:*:*:photos/*',
    'acs:oss:*:*:photos/b/*',
    'acs:oss:*:*:music/*',
  )
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: action,
    Resource: resource,
  })
  const statements = fc.array(statement, { minLength: 1, maxLength: 6 })
  const judge = (all: readonly object[]): Verdict =>
    evaluate(parsePolicy(document(...all), 'bucket'), reading)

  it('one that denies counts for more than all that allow, in any order', () => {
    fc.assert(
      fc.property(statements, (all) => {
        const each = all.map((one) => judge([one]))
        const expected = each.includes('deny') ? 'deny' : each.includes('allow') ? 'allow' : 'none'
        expect(judge(all)).toBe(expected)
        expect(judge([...all].reverse())).toBe(expected)
      }),
    )
  })

  it('one more that denies never allows anything', () => {
    fc.assert(
      fc.property(statements, statement, (all, more) => {
        const before = judge(all)
        const after = judge([...all, { ...more, Effect: 'Deny' }])
        expect(after === 'allow').toBe(before === 'allow' && after !== 'deny')
      }),
    )
  })
})

test('a policy is public when it allows everybody something without condition', () => {
  const of = (changes: object): boolean =>
    isPublic(parsePolicy(document({ ...parts, ...changes }), 'bucket'))
  expect(of({})).toBe(true)
  expect(of({ Principal: ['me', '*'] })).toBe(true)
  expect(of({ Principal: 'me' })).toBe(false)
  expect(of({ Effect: 'Deny' })).toBe(false)
  expect(of({ Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } })).toBe(false)
})
