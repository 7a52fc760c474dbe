/** Copies a text, and says that it has. */

import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { announce } from '../announce.ts'
import { t } from '../i18n.ts'
import { Icon } from './icon.tsx'

/** Milliseconds that it shows success. */
const SHOWN_MS = 2000

export function CopyButton({
  text,
  label,
  brief = false,
}: {
  /** Or what makes it, when it is asked for. */
  readonly text: string | (() => Promise<string>)
  readonly label: string
  /** Only a drawing. */
  readonly brief?: boolean
}): JSX.Element {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async (): Promise<void> => {
    try {
      await copyText(typeof text === 'string' ? text : await text())
      setCopied(true)
      announce(t('said.copied'))
    } catch {
      announce(t('said.notCopied'))
    }
  }
  return (
    <button
      type="button"
      class={brief ? 'icon-button' : 'quiet'}
      title={brief ? label : undefined}
      aria-label={brief ? label : undefined}
      onClick={copy}
    >
      <Icon name={copied ? 'check' : 'copy'} />
      {!brief && <span>{copied ? t('action.copied') : label}</span>}
    </button>
  )
}

/** Also where the page came over plain HTTP, and browsers offer no clipboard. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text)
    return
  }
  const field = document.createElement('textarea')
  field.value = text
  const open = document.querySelector('dialog[open]') ?? document.body
  const focused = document.activeElement
  open.append(field)
  field.select()
  const done = document.execCommand('copy')
  field.remove()
  if (focused instanceof HTMLElement) focused.focus()
  if (!done) throw new Error('The browser copied nothing.')
}
