/** Says which file an interrupted upload needs, and takes no other. */

import type { JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { bytes, dateTime } from '../format.ts'
import { t } from '../i18n.ts'
import { differenceOf } from './same-file.ts'
import type { Transfer } from './transfer.ts'
import { startNext } from './transfers.ts'

export function ChooseAgain({ transfer }: { readonly transfer: Transfer }): JSX.Element {
  const id = useId()
  const [refused, setRefused] = useState<string | undefined>(undefined)
  const { facts } = transfer
  const take = (input: HTMLInputElement): void => {
    const file = input.files?.[0]
    if (!file) return
    const difference = differenceOf(facts, file)
    input.value = ''
    setRefused(difference)
    if (difference !== undefined) return
    transfer.give(file)
    startNext()
  }
  return (
    <div class="choose-again">
      <p>
        {t('restored.choose', {
          name: facts.name,
          size: bytes(facts.size),
          date: dateTime(new Date(facts.lastModified)),
        })}
      </p>
      {refused !== undefined && (
        <p class="bad-words" role="alert">
          {refused}
        </p>
      )}
      <span class="file-button">
        <input id={id} type="file" onChange={(event) => take(event.currentTarget)} />
        <label for={id}>{t('restored.chooseButton', { name: facts.name })}</label>
      </span>
    </div>
  )
}
