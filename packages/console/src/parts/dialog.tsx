/** A question over the page: takes the focus, and gives it back. */

import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { t } from '../i18n.ts'
import { IconButton } from './icon.tsx'

export function Dialog({
  title,
  onClose,
  children,
  class: kind = '',
}: {
  readonly title: string
  /** Called once it is closed, by whatever way. */
  readonly onClose: () => void
  readonly children: ComponentChildren
  readonly class?: string
}): JSX.Element {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const opener = document.activeElement
    box.current?.showModal()
    return () => {
      // What opened it may be gone, with the row that it was in; then the page has the focus.
      const next =
        opener instanceof HTMLElement && opener.isConnected
          ? opener
          : document.querySelector('main')
      if (next instanceof HTMLElement) next.focus()
    }
  }, [])
  return (
    <dialog ref={box} class={kind} aria-labelledby={id} onClose={onClose}>
      <header>
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label={t('action.close')} onClick={() => box.current?.close()} />
      </header>
      {children}
    </dialog>
  )
}
