import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { lifecycle: '' }

const rule = (prefix: string, action: string, id = ''): string =>
  `<Rule>${id && `<ID>${id}</ID>`}<Prefix>${prefix}</Prefix><Status>Enabled</Status>${action}</Rule>`
const configured = (...rules: readonly string[]): string =>
  `<LifecycleConfiguration>${rules.join('')}</LifecycleConfiguration>`
const expiresAfter = (days: number): string => `<Expiration><Days>${days}</Days></Expiration>`
const put = (body: string, headers: Record<string, string> = {}): ReturnType<typeof service.call> =>
  service.call({ method: 'PUT', bucket, query, headers, body })

describe('PutBucketLifecycle', () => {
  it('keeps the order and the ids of rules, and gives an id to one that has none', async () => {
    const body = configured(
      rule('b/', expiresAfter(1), 'second letter'),
      rule('a/', expiresAfter(2)),
    )
    expect((await put(body)).status).toBe(200)
    const { text } = await service.call({ method: 'GET', bucket, query })
    const ids = [...text.matchAll(/<ID>([^<]*)<\/ID>/g)].map(([, id]) => id)
    expect(ids).toEqual(['second letter', expect.stringMatching(/./)])
    expect(elementOf(text, 'Prefix')).toBe('b/')
  })

  it('takes tags longer than an object can have, and more of them', async () => {
    const tags = Array.from(
      { length: 19 },
      (_, index) =>
        `<Tag><Key>${'k'.repeat(129)}${index}</Key><Value>${'v'.repeat(257)}</Value></Tag>`,
    )
    expect((await put(configured(rule('a/', tags.join('') + expiresAfter(1))))).status).toBe(200)
  })

  it('refuses rules that overlap in an action, unless they are allowed to', async () => {
    const body = configured(rule('logs/', expiresAfter(1)), rule('logs/old/', expiresAfter(2)))
    const refused = await put(body)
    expect([refused.status, refused.code]).toEqual([400, 'InvalidArgument'])
    expect(elementOf(refused.text, 'Message')).toBe('Overlap for same action type Expiration')
    expect((await put(body, { 'x-oss-allow-same-action-overlap': 'true' })).status).toBe(200)
  })

  it('lets rules overlap whose actions or tags differ, or of which one is off', async () => {
    const tagged = (value: string): string => `<Tag><Key>k</Key><Value>${value}</Value></Tag>`
    const abort = '<AbortMultipartUpload><Days>1</Days></AbortMultipartUpload>'
    const bodies = [
      configured(rule('a', expiresAfter(1)), rule('a', abort)),
      configured(
        rule('a', tagged('1') + expiresAfter(1)),
        rule('a', tagged('2') + expiresAfter(2)),
      ),
      configured(
        rule('a', expiresAfter(1)),
        rule('a', expiresAfter(2)).replace('Enabled', 'Disabled'),
      ),
    ]
    for (const body of bodies) expect((await put(body)).status).toBe(200)
  })

  it('refuses days beside a date in one rule as InvalidRequest', async () => {
    const dated =
      '<AbortMultipartUpload><CreatedBeforeDate>2015-11-11T00:00:00.000Z</CreatedBeforeDate></AbortMultipartUpload>'
    const answer = await put(configured(rule('a', expiresAfter(1) + dated)))
    expect([answer.status, answer.code, answer.ec]).toEqual([
      400,
      'InvalidRequest',
      '0014-00000080',
    ])
  })

  it.each([
    ['no body', ``, 'MalformedXML'],
    ['no rules', `<LifecycleConfiguration/>`, 'MalformedXML'],
    [
      'a rule without an action',
      `<LifecycleConfiguration><Rule><Prefix>a</Prefix><Status>Enabled</Status></Rule></LifecycleConfiguration>`,
      'MalformedXML',
    ],
    [
      'negative days',
      `<LifecycleConfiguration><Rule><Prefix>a</Prefix><Status>Enabled</Status><Expiration><Days>-1</Days></Expiration></Rule></LifecycleConfiguration>`,
      'MalformedXML',
    ],
    [
      'a time of access, which is not kept here',
      `<LifecycleConfiguration><Rule><Prefix>a</Prefix><Status>Enabled</Status><Transition><Days>1</Days><StorageClass>IA</StorageClass><IsAccessTime>true</IsAccessTime></Transition></Rule></LifecycleConfiguration>`,
      'MalformedXML',
    ],
    [
      'a transition after the expiration',
      `<LifecycleConfiguration><Rule><Prefix>a</Prefix><Status>Enabled</Status><Expiration><Days>30</Days></Expiration><Transition><Days>30</Days><StorageClass>IA</StorageClass></Transition></Rule></LifecycleConfiguration>`,
      'InvalidArgument',
    ],
    [
      'Archive before IA',
      `<LifecycleConfiguration><Rule><Prefix>a</Prefix><Status>Enabled</Status><Transition><Days>30</Days><StorageClass>IA</StorageClass></Transition><Transition><Days>29</Days><StorageClass>Archive</StorageClass></Transition></Rule></LifecycleConfiguration>`,
      'InvalidArgument',
    ],
    [
      'a transition to Standard',
      `<LifecycleConfiguration><Rule><Prefix>a</Prefix><Status>Enabled</Status><Transition><Days>30</Days><StorageClass>Standard</StorageClass></Transition></Rule></LifecycleConfiguration>`,
      'InvalidArgument',
    ],
    [
      'a transition to an unknown class',
      `<LifecycleConfiguration><Rule><Prefix>a</Prefix><Status>Enabled</Status><Transition><Days>30</Days><StorageClass>Cold</StorageClass></Transition></Rule></LifecycleConfiguration>`,
      'InvalidArgument',
    ],
    [
      'an older version moved after it expires',
      `<LifecycleConfiguration><Rule><Prefix>a</Prefix><Status>Enabled</Status><NoncurrentVersionExpiration><NoncurrentDays>9</NoncurrentDays></NoncurrentVersionExpiration><NoncurrentVersionTransition><NoncurrentDays>10</NoncurrentDays><StorageClass>IA</StorageClass></NoncurrentVersionTransition></Rule></LifecycleConfiguration>`,
      'InvalidArgument',
    ],
    [
      'a tag with characters that tags cannot have',
      `<LifecycleConfiguration><Rule><Prefix>a</Prefix><Status>Enabled</Status><Tag><Key>%&amp;</Key><Value/></Tag><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>`,
      'InvalidArgument',
    ],
    [
      'one id twice',
      `<LifecycleConfiguration><Rule><ID>i</ID><Prefix>a</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule><Rule><ID>i</ID><Prefix>b</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>`,
      'InvalidArgument',
    ],
    [
      'an exception outside of the prefix',
      `<LifecycleConfiguration><Rule><Prefix>a</Prefix><Status>Enabled</Status><Filter><Not><Prefix>b</Prefix></Not></Filter><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>`,
      'InvalidArgument',
    ],
  ])('refuses %s', async (_, body, code) => {
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, code])
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, query })
})
