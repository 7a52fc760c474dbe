/** The form for a key pair. */

import type { JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { t } from '../i18n.ts'
import { FailureNote } from '../parts/failure-note.tsx'
import { isServedByService, type SignIn, signIn } from '../session.ts'
import { readSetting, writeSetting } from '../settings.ts'

export function SignInView(): JSX.Element {
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const text = (name: string): string => String(form.get(name) ?? '').trim()
    const given: SignIn = {
      endpoint: isServedByService ? location.origin : text('endpoint'),
      region: text('region'),
      accessKeyId: text('accessKeyId'),
      accessKeySecret: text('accessKeySecret'),
      securityToken: text('securityToken'),
      bucket: text('bucket'),
    }
    setBusy(true)
    setError(undefined)
    try {
      await signIn(given, { keep: form.get('keep') !== null })
      if (!isServedByService) writeSetting('endpoint', given.endpoint)
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  return (
    <section class="card sign-in">
      <h1>{t('signIn.title')}</h1>
      <p class="hint">{t('signIn.lead')}</p>
      {error !== undefined && <FailureNote error={error} />}
      <form onSubmit={submit} autocomplete="off">
        <Field
          name="endpoint"
          label={t('signIn.endpoint')}
          value={isServedByService ? location.origin : (readSetting('endpoint') ?? '')}
          readOnly={isServedByService}
          hint={isServedByService ? t('signIn.ownEndpoint') : t('signIn.anyEndpoint')}
          placeholder="https://oss-cn-hangzhou.aliyuncs.com"
          required
        />
        <Field name="accessKeyId" label={t('signIn.keyId')} required />
        <Field name="accessKeySecret" label={t('signIn.keySecret')} secret required />
        <details>
          <summary>{t('signIn.more')}</summary>
          <Field
            name="securityToken"
            label={t('signIn.token')}
            hint={t('signIn.tokenHint')}
            secret
          />
          <Field name="bucket" label={t('signIn.bucket')} hint={t('signIn.bucketHint')} />
          <Field name="region" label={t('signIn.region')} placeholder="cn-hangzhou" />
        </details>
        <label class="tick">
          <input type="checkbox" name="keep" />
          <span>
            {t('signIn.keep')}
            <small>{t('signIn.keepHint')}</small>
          </span>
        </label>
        <button type="submit" class="main wide" disabled={busy}>
          {busy ? t('signIn.busy') : t('signIn.submit')}
        </button>
      </form>
    </section>
  )
}

function Field({
  name,
  label,
  hint,
  value,
  secret = false,
  ...more
}: {
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly value?: string
  readonly secret?: boolean
  readonly required?: boolean
  readonly readOnly?: boolean
  readonly placeholder?: string
}): JSX.Element {
  const id = useId()
  const common = {
    ...more,
    id,
    name,
    defaultValue: value,
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: false,
    'aria-describedby': hint ? `${id}-hint` : undefined,
  } as const
  return (
    <p class="field">
      <label for={id}>{label}</label>
      {secret ? <input {...common} type="password" /> : <input {...common} type="text" />}
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </p>
  )
}
