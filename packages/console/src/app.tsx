/** The whole page: the head, one view, and the transfers, which stay whatever is looked at. */

import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { spoken } from './announce.ts'
import { t } from './i18n.ts'
import { type Route, route } from './route.ts'
import { session } from './session.ts'
import { Drawer } from './transfers/drawer.tsx'
import { DropZone } from './transfers/drop-zone.tsx'
import { Buckets } from './views/buckets.tsx'
import { Header } from './views/header.tsx'
import { Health } from './views/health.tsx'
import { Objects } from './views/objects.tsx'
import { SignInView } from './views/sign-in.tsx'
import { UnfinishedUploads } from './views/unfinished-uploads.tsx'

export function App(): JSX.Element {
  const main = useRef<HTMLElement>(null)
  const where = session.value ? titleOf(route.value) : t('signIn.title')
  useEffect(() => {
    document.title = `${where} · Lading`
  }, [where])
  const first = useRef(true)
  // A new view is begun at its top, by those too who cannot see that it is new.
  useEffect(() => {
    if (!first.current) main.current?.focus()
    first.current = false
  }, [JSON.stringify(route.value)])
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {t('head.skip')}
      </button>
      <Header />
      <main id="main" ref={main} tabIndex={-1}>
        {session.value ? <View route={route.value} /> : <SignInView />}
      </main>
      {session.value && <Drawer />}
      {session.value && <DropZone />}
      <p class="unseen" role="status" aria-live="polite">
        {spoken.value}
      </p>
    </>
  )
}

function View({ route: to }: { readonly route: Route }): JSX.Element {
  switch (to.view) {
    case 'buckets':
      return <Buckets />
    case 'objects':
      return <Objects bucket={to.bucket} prefix={to.prefix} />
    case 'uploads':
      return <UnfinishedUploads bucket={to.bucket} />
    case 'health':
      return <Health />
  }
}

function titleOf(to: Route): string {
  switch (to.view) {
    case 'buckets':
      return t('buckets.title')
    case 'health':
      return t('health.title')
    case 'uploads':
      return `${t('uploads.title')} · ${to.bucket}`
    case 'objects':
      return `${to.bucket}/${to.prefix}`
  }
}
