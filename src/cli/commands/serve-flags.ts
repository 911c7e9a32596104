import { availableParallelism } from 'node:os'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { trusting } from '../../../streams/websocket/client-address.ts'
import { type Preset, PRESET_NAMES } from '../../network/options.ts'
import { messageOf } from '../../text/message-of.ts'
import { listOption, NumberOption, repeatable, withModelOptions } from '../flags/options.ts'

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent']

// a learner of them takes a few megabytes at the most: anybody may ask for one
const FRUGAL: readonly Preset[] = ['small', 'min-char-rnn']

// the thread of the sockets needs a core of its own; more than these share the memory of one machine badly
const MOST_WORKERS = 8

export function withServeOptions(command: Command): Command {
  return withModelOptions(command, 'small')
    .addOption(new Option('--host <HOST>', 'the address to listen on').default('127.0.0.1'))
    .addOption(count('--port <N>', 'the port to listen on; 0 takes a free one', 0, 65535).default(8787))
    .addOption(new Option('--models <DIR>', 'where shared models are kept, a folder each; without it there are private ones only'))
    .addOption(seconds('--checkpoint-every <SECONDS>', 'how often a shared model is saved while it learns').default(2))
    .addOption(new Option('--allow-sampling', 'let clients sample shared models, which may reveal what others have sent'))
    .addOption(new Option('--verdicts', 'let producers of shared models say which of their alerts are useful, and which are noise'))
    .addOption(
      new Option(
        '--private-events',
        'show nobody what a shared model expects, nor the text of others: no predictions, no traces, no watchers, no samples',
      ),
    )
    .addOption(
      listOption('--presets <NAME,...>', 'presets that a private learner may ask for, beside that of the server', PRESET_NAMES).default(
        FRUGAL,
        FRUGAL.join(','),
      ),
    )
    .addOption(
      count('--workers <N>', 'threads that learn', 1, 64).default(
        Math.min(Math.max(1, availableParallelism() - 1), MOST_WORKERS),
        `one less than the cores, at most ${MOST_WORKERS}`,
      ),
    )
    .addOption(new Option('--log-level <LEVEL>', 'what is logged on standard error').choices(LOG_LEVELS).default('info'))
    .addOption(seconds('--drain-timeout <SECONDS>', 'when stopped, how long to learn what had come').default(10))
    .addOption(
      repeatable('--origin <URL>', 'a web page that may connect, such as https://example.com; programs that are not browsers always may')
        .default([], 'none')
        .helpGroup('Security:'),
    )
    .addOption(new Option('--token-file <FILE>', 'a file that holds the token which clients must know').helpGroup('Security:'))
    .addOption(new Option('--insecure', 'let anybody connect from other machines, without a token').helpGroup('Security:'))
    .addOption(new Option('--tls-cert <FILE>', 'the certificate chain, in PEM').helpGroup('Security:'))
    .addOption(new Option('--tls-key <FILE>', 'its private key, in PEM').helpGroup('Security:'))
    .addOption(
      count('--max-message <BYTES>', 'bytes of one message', 1, 2 ** 26)
        .default(262144)
        .helpGroup('Limits:'),
    )
    .addOption(count('--max-connections <N>', 'connections in all', 1, 65536).default(1024).helpGroup('Limits:'))
    .addOption(count('--max-per-address <N>', 'connections from one address', 1, 65536).default(256).helpGroup('Limits:'))
    .addOption(count('--max-rate <N>', 'characters per second of one connection, which is slowed down', 1, 1e9).helpGroup('Limits:'))
    .addOption(count('--max-models <N>', 'shared models', 1, 1e6).default(100).helpGroup('Limits:'))
    .addOption(count('--max-producers <N>', 'producers of one model whose place is remembered', 1, 256).default(16).helpGroup('Limits:'))
    .addOption(
      seconds('--keep-producers <SECONDS>', 'how long a silent producer keeps its place when others want it', 0).default(3600).helpGroup('Limits:'),
    )
    .addOption(
      seconds('--idle-timeout <SECONDS>', 'after which a client is sent away that answers no ping, or does not read')
        .default(300)
        .helpGroup('Limits:'),
    )
    .addOption(
      seconds('--handshake-timeout <SECONDS>', 'that a client may take for TLS, its request and its handshake').default(10).helpGroup('Limits:'),
    )
    .addOption(seconds('--response-timeout <SECONDS>', 'that a client may take to read a page').default(60).helpGroup('Limits:'))
    .addOption(
      repeatable('--trust-proxy <RANGE>', 'a proxy whose X-Forwarded-For names the client, such as 10.0.0.0/8')
        .argParser(ranges)
        .helpGroup('Security:'),
    )
}

function count(flags: string, about: string, min: number, max: number): Option {
  return new NumberOption(flags, about, { min, max, integer: true })
}

function seconds(flags: string, about: string, min: number = 0.01): Option {
  return new NumberOption(flags, `${about}, in seconds`, { min, max: 1e6 })
}

function ranges(value: string, before: readonly string[]): readonly string[] {
  try {
    trusting([value])
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error))
  }
  return [...before, value]
}
