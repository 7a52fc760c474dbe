/** The plugin's own sentences; what the service says is passed on as it is. */

export const locale: {
  readonly strings: {
    readonly chooseAgain: string
    readonly notLocal: string
    readonly partsMayBeLeft: string
  }
} = {
  strings: {
    chooseAgain:
      'Choose this file again: its bytes are not here any more. What was uploaded is kept.',
    notLocal: 'Only files of this device can be uploaded.',
    partsMayBeLeft: 'The upload of %{file} was not aborted at the service, and parts may be left.',
  },
}
