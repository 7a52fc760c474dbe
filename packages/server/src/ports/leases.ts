/** Which of several servers does what one of them is enough for. */

export interface Leases {
  /**
   * Resolves with whether this process is to do `task`: if so, no other one is for `ms` milliseconds from
   * now. Whoever has it may claim it again, and has it for longer then. Work outlasts a lease where a process
   * stands still, so that doing a task twice must do no harm.
   */
  claim(task: string, ms: number): Promise<boolean>
}

/** Of a server that shares its metadata with none, or with processes on one machine alone. */
export const noOtherServers: Leases = { claim: async () => true }
