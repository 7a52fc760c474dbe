/** `lading serve`: the OSS server as a process. */

import type { Command } from 'commander'
import type { Act } from '../program.ts'
import type { ServeFlags } from '../serve/serve.ts'

export function addServe(program: Command, act: Act): void {
  program
    .command('serve')
    .summary('be the OSS server')
    .description(
      'Serves OSS from one directory, durably. Prints "listening on URL" when it is ready and ends, once the requests in flight are answered, on SIGTERM or Ctrl-C.',
    )
    .option('--data <directory>', 'where everything is kept (default: in memory, until it ends)')
    .option(
      '--metadata <address>',
      'PostgreSQL that keeps the metadata instead, such as postgres://user@host/database',
    )
    .option(
      '--blobs <address>',
      'S3 engine that keeps the bytes instead, such as s3://bucket?endpoint=http://host:port',
    )
    .option('--port <number>', '0 takes any that is free', '9000')
    .option('--host <address>', 'what to listen on', '127.0.0.1')
    .option('--region <region>', 'what signatures must name', 'cn-hangzhou')
    .option('--base-host <host>', 'buckets are also BUCKET.HOST (repeatable)', gather)
    .option('--cname <host=bucket>', 'a host that is that bucket (repeatable)', gather)
    .option('--extranet-endpoint <host>', 'where answers send clients (default: --host)')
    .option('--intranet-endpoint <host>', 'the same within (default: --extranet-endpoint)')
    .option('--owner-id <id>', 'what answers call the owner of buckets', 'lading')
    .option('--owner-name <name>', 'its name in full (default: --owner-id)')
    .option('--workers <number>', 'processes that share the directory', '1')
    .option(
      '--limit <spec>',
      'of each key and process, such as requests=100,upload=10MiB,download=10MiB (a second); with key=ID of that one, with key=anonymous of all without (repeatable)',
      gather,
    )
    .option('--tls-cert <file>', 'speak TLS by this certificate (PEM), read again when it changes')
    .option('--tls-key <file>', 'its key (PEM)')
    .option('--strict-http', 'refuse Transfer-Encoding together with Content-Length')
    .option(
      '--fault <spec>',
      'fail on purpose, such as UploadPart,part=3,nth=1,cut=body,after=65536 (repeatable)',
      gather,
    )
    .option('--fault-seed <number>', 'what the chances of faults are drawn from (default: any)')
    .option(
      '--log [file]',
      'one JSON line for each request: to stderr, "-" stdout, or a file that SIGHUP begins anew',
    )
    .option('--admin-port <number>', 'where health and /-/metrics are told, apart from clients')
    .option('--admin-host <address>', 'what that port listens on', '127.0.0.1')
    .option('--no-console', 'leave out the console, the page at /-/console/')
    .option(
      '--reserve <size>',
      'free space that uploads never take (default: 512MiB, or 1% of a smaller disk; 0: none)',
    )
    .option(
      '--restore-time <time>',
      'how long a restore from an archive takes, such as 1s (default: as its storage class says)',
    )
    .option('--scrub-rate <size>', 'bytes a second at which all is read again (default: none)')
    .option('--bucket-quota <size>', 'what a bucket may hold at most (default: no bound)')
    .option('--bucket-objects <number>', 'how many objects at most (default: no bound)')
    .option(
      '--callback-host <host[:port]>',
      'where uploads may have an application called back (repeatable; default: nowhere)',
      (host: string, hosts: readonly string[] = []) => [...hosts, host],
    )
    .option('--bucket-logs-every <time>', 'how often buckets get their access logs (default: 1h)')
    .option(
      '--abort-uploads-after <time>',
      'abort uploads that are older, such as 7d, whatever their bucket says (default: never)',
    )
    .addHelpText(
      'after',
      `
The first key pair is LADING_ACCESS_KEY_ID and LADING_ACCESS_KEY_SECRET. Without
them one is made on the first run, printed once to stderr, and kept in
credentials.json of the directory. What objects are encrypted under is
LADING_MASTER_KEY, 64 hexadecimal digits; else it is made when it is first
needed, and kept beside the data.

With --metadata and --blobs any number of servers may serve the same, and they
make no keys: each is given the same ones, in the variables above or in the
files of a --data directory. The engine's own keys are AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, the database's password PGPASSWORD.

A --fault is an operation, or none for any, and settings, with commas between:
  which requests  bucket=PATTERN key=PATTERN part=N   (* in it is any text)
  which of them   nth=N times=N probability=P
  what happens    delay=MS
                  throttle=BYTES_PER_SECOND [of=body|answer]
                  fail=CODE [status=N] [retry-after=SECONDS]
                  cut=request|body|answer [after=BYTES]
                  stall=request|body|answer [after=BYTES]
                  falsify=etag|crc64
For example: --fault GetObject,key=logs/*,probability=0.1,cut=answer,after=1024`,
    )
    .action(
      act(async (flags: ServeFlags) => {
        // Loaded only here: whoever copies a file need not wait for a whole server to load.
        const { serve } = await import('../serve/serve.ts')
        return serve(flags)
      }),
    )
}

function gather(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value]
}
