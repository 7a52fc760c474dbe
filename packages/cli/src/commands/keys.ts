/** `lading keys`: the key pairs that a server's data directory keeps. */

import { stat } from 'node:fs/promises'
import type { KeyStore, Rights, StoredKey } from '@lading/server'
import { type Command, Option } from 'commander'
import { CommandError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { formatOssUrl, parseOssUrl } from '../oss-url.ts'
import { formatTime } from '../output/columns.ts'
import { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { parseAge } from '../quantities.ts'

interface KeysFlags {
  readonly data: string
  readonly json?: boolean
}

interface AddFlags extends KeysFlags {
  readonly role: Rights['role']
  readonly owner: string
  readonly description?: string
}

interface RotateFlags extends KeysFlags {
  readonly grace: string
}

const roles = ['administrator', 'read-write', 'read-only']

export function addKeys(program: Command, act: Act): void {
  const keys = program
    .command('keys')
    .summary('who may use the server, and for what')
    .description(
      'The key pairs that a data directory keeps. A running server goes by what is changed here within a second.',
    )

  addKeysOptions(
    keys.command('list').description('Lists the key pairs, without their secrets.'),
  ).action(act((flags: KeysFlags) => withKeys(flags, listKeys)))

  const add = keys
    .command('add')
    .description('Makes a key pair and prints its secret, this once.')
    .argument('[scope]', 'oss://BUCKET[/PREFIX]: what it is for (default: every bucket)')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--owner <name>', 'whose buckets are its own', 'lading')
    .option('--description <text>', 'what it is for')
  addKeysOptions(add).action(
    act((scope: string | undefined, flags: AddFlags) => {
      const rights = readRights(flags.role, scope)
      const { owner, description } = flags
      return withKeys(flags, async (store, output) => {
        tellSecret(output, await store.add({ rights, owner, description }))
      })
    }),
  )

  const rotate = keys
    .command('rotate')
    .description('Makes a key pair that may do the same. The old one stays valid for a while.')
    .argument('<access-key-id>')
    .option('--grace <age>', 'how long the old one stays valid: 0s, 12h, 7d, ...', '1d')
  addKeysOptions(rotate).action(
    act((accessKeyId: string, flags: RotateFlags) => {
      const graceMs = parseAge('--grace', flags.grace)
      return withKeys(flags, async (store, output) => {
        const { made, validUntil } = await store.rotate(accessKeyId, { graceMs })
        tellSecret(output, made, { replaces: accessKeyId, validUntil })
        if (!output.json) output.note(`${accessKeyId} stays valid until ${formatTime(validUntil)}`)
      })
    }),
  )

  const remove = keys.command('remove').description('Removes a key pair. It works no more.')
  addChange(remove, act, 'removed', (store, id) => store.remove(id))
  const disable = keys.command('disable').description('Keeps a key pair from working.')
  addChange(disable, act, 'disabled', (store, id) => store.setEnabled(id, false))
  const enable = keys.command('enable').description('Lets a key pair work again.')
  addChange(enable, act, 'enabled', (store, id) => store.setEnabled(id, true))
}

function addKeysOptions(command: Command): Command {
  return command
    .requiredOption('--data <directory>', 'that of the server')
    .option('--json', 'one JSON object a line instead of words')
}

function addChange(
  command: Command,
  act: Act,
  done: string,
  change: (store: KeyStore, accessKeyId: string) => Promise<void>,
): void {
  addKeysOptions(command.argument('<access-key-id>')).action(
    act((accessKeyId: string, flags: KeysFlags) =>
      withKeys(flags, async (store, output) => {
        await change(store, accessKeyId)
        output.result(`${done} ${printable(accessKeyId)}`, { event: `key-${done}`, accessKeyId })
      }),
    ),
  )
}

function readRights(role: Rights['role'], scope: string | undefined): Rights {
  if (scope === undefined) return { role }
  const { bucket, key } = parseOssUrl(scope, 'keys add --role ROLE')
  return key === '' ? { role, bucket } : { role, bucket, prefix: key }
}

/** Runs `work` on the keys of the directory, and says in its own words why they stay as they are. */
async function withKeys(
  flags: KeysFlags,
  work: (store: KeyStore, output: Output) => Promise<void>,
): Promise<ExitCode> {
  const store = await openKeys(flags.data)
  await work(store, new Output({ json: flags.json }))
  return exitCodes.ok
}

/**
 * The keys of a server's data directory.
 *
 * @throws {CommandError} not found, when there is no such directory.
 */
export async function openKeys(directory: string): Promise<KeyStore> {
  const found = await stat(directory).catch(() => undefined)
  if (!found?.isDirectory()) {
    throw new CommandError(exitCodes.notFound, `there is no directory ${printable(directory)}`, {
      hint: `Start the server once: lading serve --data ${directory}`,
    })
  }
  // Loaded only here: whoever copies a file need not wait for a whole server to load.
  const { KeyRefusal, openKeyStore } = await import('@lading/server')
  const explain = (error: unknown): never => {
    if (error instanceof KeyRefusal) {
      throw error.reason === 'missing'
        ? new CommandError(exitCodes.notFound, error.message, {
            hint: `See which there are: lading keys list --data ${directory}`,
          })
        : new CommandError(exitCodes.failed, error.message, {
            hint: `Make another first: lading keys add --role administrator --data ${directory}`,
          })
    }
    if (error instanceof Error && !('code' in error)) {
      throw new CommandError(exitCodes.config, error.message, { cause: error })
    }
    throw error
  }
  const store = openKeyStore(directory)
  return {
    list: () => store.list().catch(explain),
    add: (options) => store.add(options).catch(explain),
    rotate: (id, options) => store.rotate(id, options).catch(explain),
    remove: (id) => store.remove(id).catch(explain),
    setEnabled: (id, enabled) => store.setEnabled(id, enabled).catch(explain),
    keepAdministrator: () => store.keepAdministrator().catch(explain),
  }
}

async function listKeys(store: KeyStore, output: Output): Promise<void> {
  for (const key of await store.list()) {
    const { accessKeyId, createdAt, enabled, expiresAt, description } = key
    const notes = [
      ...(enabled ? [] : ['disabled']),
      ...(expiresAt ? [`until ${formatTime(expiresAt)}`] : []),
      ...(description === '' ? [] : [description]),
    ]
    const words = [formatTime(createdAt), accessKeyId.padEnd(24), formatRights(key), ...notes]
    output.result(printable(words.join('  ')), { event: 'key', ...factsOf(key) })
  }
}

/** The one time that a secret is shown. */
function tellSecret(
  output: Output,
  key: StoredKey,
  facts: Readonly<Record<string, unknown>> = {},
): void {
  const { accessKeyId, accessKeySecret } = key
  output.result(
    `made a key pair (${printable(formatRights(key))}), shown only now:
  export OSS_ACCESS_KEY_ID=${accessKeyId}
  export OSS_ACCESS_KEY_SECRET=${accessKeySecret}`,
    { event: 'key-made', ...factsOf(key), accessKeySecret, ...facts },
  )
}

function formatRights({ rights: { role, bucket, prefix } }: StoredKey): string {
  return bucket === undefined ? role : `${role} of ${formatOssUrl(bucket, prefix)}`
}

function factsOf(key: StoredKey): Readonly<Record<string, unknown>> {
  const { accessKeySecret: _, rights, ...facts } = key
  return { ...facts, ...rights }
}
