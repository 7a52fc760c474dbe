/**
 * A form whose policy, signature, key or conditioned fields were changed is refused, and one that is
 * only written in another way is taken. 2,000 changed forms of each scheme in a test run, 100,000 under
 * `npm run fuzz`, over a real socket.
 */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodePolicy, type FormFile, post, signPolicy } from '../operations/post-form.ts'
import { startTestService } from '../operations/service.ts'

const MUTATIONS = process.env.LADING_FUZZ_RUNS === undefined ? 2_000 : 100_000

/** Forms that are on their way at once. */
const BATCH = 20

const now = new Date('2026-11-22T10:00:00Z')
const signer = { accessKeyId: 'signing-key-id', accessKeySecret: 'the secret that signs' }
const other = { accessKeyId: 'other-key-id', accessKeySecret: 'the secret of another key' }
const service = await startTestService({ credentials: [signer, other], now: () => now })
const bucket = await service.makeBucket({ name: 'signed-bucket' })
await service.makeBucket({ name: 'other-bucket' })

interface Sent {
  readonly bucket: string
  readonly fields: Readonly<Record<string, string>>
  readonly file: FormFile
}

function original(scheme: 'v1' | 'v4'): Sent {
  const described = {
    key: 'user/alice/a.txt',
    'Content-Type': 'text/plain',
    'x-oss-meta-author': 'alice',
    success_action_status: '200',
  }
  const policy = encodePolicy([
    { bucket },
    ['starts-with', '$key', 'user/alice/'],
    ['in', '$content-type', ['text/plain']],
    { 'x-oss-meta-author': 'alice' },
    ['not-in', '$x-oss-object-acl', ['public-read', 'public-read-write']],
    ['eq', '$success_action_status', '200'],
    ['content-length-range', 1, 9],
    ...(scheme === 'v4' ? [{ 'x-oss-date': '20261122T100000Z' }] : []),
  ])
  return {
    bucket,
    fields: { ...described, ...signPolicy(policy, signer, scheme, now) },
    // The type of the file counts where the form names none.
    file: { content: '123456789', type: 'application/x-other' },
  }
}

type Mutation = (sent: Sent) => Sent

const withField =
  (name: string, change: (value: string) => string): Mutation =>
  (sent) => ({ ...sent, fields: { ...sent.fields, [name]: change(sent.fields[name] ?? '') } })

const withoutField =
  (name: string): Mutation =>
  (sent) => {
    const { [name]: _, ...fields } = sent.fields
    return { ...sent, fields }
  }

/** Another text: one character replaced, taken out or put in. */
const changeOf = fc
  .record({
    at: fc.nat(),
    letter: fc.constantFrom(...'ABCabc0129+/=-_. {'),
    kind: fc.constantFrom('replace', 'remove', 'insert'),
  })
  .map(({ at, letter, kind }) => (value: string): string => {
    const index = at % Math.max(1, value.length)
    const rest = value.slice(kind === 'insert' ? index : index + 1)
    const changed = value.slice(0, index) + (kind === 'remove' ? '' : letter) + rest
    return changed === value ? `${value}x` : changed
  })

const proofs = {
  v1: ['policy', 'Signature', 'OSSAccessKeyId'],
  v4: ['policy', 'x-oss-signature', 'x-oss-signature-version', 'x-oss-credential', 'x-oss-date'],
} as const

/** Each makes of a form that is taken one that must not be. */
function mutations(scheme: 'v1' | 'v4'): fc.Arbitrary<Mutation> {
  const proof = fc.constantFrom(...proofs[scheme])
  const conditioned = ['Content-Type', 'x-oss-meta-author', 'success_action_status'] as const
  return fc.oneof(
    { weight: 6, arbitrary: fc.tuple(proof, changeOf).map(([name, to]) => withField(name, to)) },
    { weight: 2, arbitrary: proof.map(withoutField) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom(...conditioned), changeOf)
        .map(([name, to]) =>
          withField(name, (value) => (to(value).trim() === value ? 'x' : to(value))),
        ),
    },
    fc.constantFrom(...conditioned).map(withoutField),
    fc.constantFrom(
      withField('key', () => 'user/bob/a.txt'),
      withField('key', () => 'user/alice'),
      withoutField('key'),
      withField('x-oss-object-acl', () => 'public-read'),
      withField('x-oss-content-type', () => 'text/html'),
      withField('x-oss-security-token', () => 'a token'),
      ({ fields, file }) => ({ bucket: 'other-bucket', fields, file }),
      (sent) => ({ ...sent, file: { content: '1234567890' } }),
      (sent) => ({ ...sent, file: { content: '' } }),
      (sent) => ({
        ...sent,
        fields: Object.fromEntries(
          Object.entries(sent.fields).map(([name, value]) => [
            name,
            value.replace(signer.accessKeyId, other.accessKeyId),
          ]),
        ),
      }),
      (sent) => ({
        ...sent,
        fields: {
          ...sent.fields,
          ...signPolicy(sent.fields.policy ?? '', { ...signer, accessKeySecret: 'x' }, scheme, now),
        },
      }),
    ),
  )
}

describe.each(['v1', 'v4'] as const)('a form signed by %s', (scheme) => {
  const signed = original(scheme)
  const send = (sent: Sent): ReturnType<typeof post> =>
    post(service, sent.bucket, sent.fields, sent.file)

  it('is taken as it is, and in any order and letters of its names', async () => {
    const entries = Object.entries(signed.fields)
    expect((await send(signed)).status).toBe(200)
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(entries, { minLength: entries.length }),
        fc.func(fc.boolean()),
        async (order, upper) => {
          const fields = order.map(([name, value]) => [
            upper(name) ? name.toUpperCase() : name.toLowerCase(),
            value,
          ])
          expect((await send({ ...signed, fields: Object.fromEntries(fields) })).status).toBe(200)
        },
      ),
      { numRuns: 50 },
    )
  })

  it(`is refused after any of ${MUTATIONS} changes to what was signed`, {
    timeout: MUTATIONS * 30,
  }, async () => {
    const batch = fc.array(mutations(scheme), { minLength: BATCH, maxLength: BATCH })
    let met = 0
    await fc.assert(
      fc.asyncProperty(batch, async (changes) => {
        const sent = changes.map((change) => change(signed))
        met += sent.length
        const answers = await Promise.all(sent.map(send))
        answers.forEach(({ status }, index) => {
          if (status !== 400 && status !== 403) expect([status, sent[index]]).toBe('a refusal')
        })
      }),
      { numRuns: MUTATIONS / BATCH, interruptAfterTimeLimit: 3_600_000 },
    )
    expect(met).toBeGreaterThanOrEqual(MUTATIONS)
    expect((await send(signed)).status).toBe(200)
  })
})
