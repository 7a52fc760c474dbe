/** How the service is: does it live, is it ready, how long does it take, are the clocks alike? */

import type { JSX } from 'preact'
import { count } from '../format.ts'
import { t } from '../i18n.ts'
import { FailureNote } from '../parts/failure-note.tsx'
import { Icon, IconButton } from '../parts/icon.tsx'
import { Loading } from '../parts/states.tsx'
import { isServedByService, requireSession } from '../session.ts'
import { useLoaded } from '../use-loaded.ts'

/** Milliseconds. OSS refuses requests that are dated further away. */
const CLOCK_BOUND = 15 * 60_000

interface Health {
  /** `undefined`: only Lading says it, and only to its own page. */
  readonly live: boolean | undefined
  readonly ready: boolean | undefined
  /** Milliseconds from a signed question to its answer. */
  readonly roundTrip: number
  /** Milliseconds that the service's clock is ahead; `undefined` where its answers do not say. */
  readonly clock: number | undefined
}

export function Health(): JSX.Element {
  const { value, error, loading, reload } = useLoaded('health', measure)
  const { endpoint, client } = requireSession()
  return (
    <section>
      <div class="title-row">
        <h1>{t('health.title')}</h1>
        <IconButton icon="refresh" label={t('action.refresh')} onClick={reload} />
      </div>
      {error !== undefined && <FailureNote error={error} onRetry={reload} />}
      {!value && loading && <Loading />}
      <ul class="vitals">
        {value?.live !== undefined && (
          <Vital
            name={t('health.live')}
            good={value.live}
            words={value.live ? t('health.yes') : t('health.no')}
          />
        )}
        {value?.ready !== undefined && (
          <Vital
            name={t('health.ready')}
            good={value.ready}
            words={value.ready ? t('health.yes') : t('health.no')}
          />
        )}
        {value && (
          <Vital
            name={t('health.roundTrip')}
            good
            words={t('health.milliseconds', { time: count(value.roundTrip) })}
          />
        )}
        {value?.clock !== undefined && (
          <Vital
            name={t('health.clock')}
            good={Math.abs(value.clock) < CLOCK_BOUND}
            words={t('health.seconds', { time: count(Math.trunc(value.clock / 1000) || 0) })}
          />
        )}
      </ul>
      <dl class="facts card">
        <div>
          <dt>{t('signIn.endpoint')}</dt>
          <dd>
            <code>{endpoint}</code>
          </dd>
        </div>
        <div>
          <dt>{t('signIn.region')}</dt>
          <dd>
            <code>{client.region}</code>
          </dd>
        </div>
      </dl>
      <p class="hint">{isServedByService ? t('health.metricsHint') : t('health.elsewhereHint')}</p>
    </section>
  )
}

function Vital({
  name,
  good,
  words,
}: {
  readonly name: string
  readonly good: boolean
  readonly words: string
}): JSX.Element {
  return (
    <li class={good ? 'good' : 'bad'}>
      <Icon name={good ? 'check' : 'warning'} />
      <span>{name}</span>
      <strong>{words}</strong>
    </li>
  )
}

async function measure(signal: AbortSignal): Promise<Health> {
  const { client, bucket } = requireSession()
  const [live, ready] = isServedByService
    ? await Promise.all([ask('live', signal), ask('ready', signal)])
    : []
  const began = performance.now()
  if (bucket === '') await client.listBuckets({ maxKeys: 1 }, { signal })
  else await client.listObjectsV2({ bucket, maxKeys: 1 }, { signal })
  const roundTrip = Math.round(performance.now() - began)
  return { live: live?.good, ready: ready?.good, roundTrip, clock: live?.clock }
}

async function ask(
  question: 'live' | 'ready',
  signal: AbortSignal,
): Promise<{ readonly good: boolean; readonly clock: number | undefined }> {
  const response = await fetch(`/-/health/${question}`, { cache: 'no-store', signal })
  const date = Date.parse(response.headers.get('date') ?? '')
  return { good: response.ok, clock: Number.isNaN(date) ? undefined : date - Date.now() }
}
