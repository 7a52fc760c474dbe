/** The head of the page: where one may go, and how one likes to read. */

import type { JSX } from 'preact'
import { chooseLanguage, type Language, language, languages, t } from '../i18n.ts'
import { formatRoute, type Route, route } from '../route.ts'
import { session, signOut } from '../session.ts'
import { chooseTheme, type Theme, theme, themes } from '../theme.ts'

const SEPARATOR = ' · '

export function Header(): JSX.Element {
  return (
    <header class="head">
      <a class="brand" href={formatRoute({ view: 'buckets' })}>
        <Mark />
        <span>{t('head.brand')}</span>
      </a>
      {session.value && <Navigation />}
      <div class="tastes">
        <label>
          <span class="unseen">{t('head.language')}</span>
          <select
            value={language.value}
            onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}
          >
            {Object.entries(languages).map(([name, words]) => (
              <option key={name} value={name} lang={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span class="unseen">{t('head.theme')}</span>
          <select
            value={theme.value}
            onChange={(event) => chooseTheme(event.currentTarget.value as Theme)}
          >
            {themes.map((name) => (
              <option key={name} value={name}>
                {t(`theme.${name}`)}
              </option>
            ))}
          </select>
        </label>
        {session.value && (
          <button
            type="button"
            class="quiet"
            title={`${session.value.accessKeyId}${SEPARATOR}${session.value.endpoint}`}
            onClick={signOut}
          >
            {t('head.signOut')}
          </button>
        )}
      </div>
    </header>
  )
}

function Navigation(): JSX.Element {
  const isHealth = route.value.view === 'health'
  return (
    <nav aria-label={t('head.navigation')}>
      <NavigationLink to={{ view: 'buckets' }} here={!isHealth} words={t('buckets.title')} />
      <NavigationLink to={{ view: 'health' }} here={isHealth} words={t('health.title')} />
    </nav>
  )
}

function NavigationLink({
  to,
  here,
  words,
}: {
  readonly to: Route
  readonly here: boolean
  readonly words: string
}): JSX.Element {
  return (
    <a href={formatRoute(to)} aria-current={here ? 'page' : undefined}>
      {words}
    </a>
  )
}

function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path class="hull" d="M9 8h5v11h9v5H9z" />
      <path class="load" d="M18 8h5v8h-5z" />
    </svg>
  )
}
