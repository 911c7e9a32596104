import { existsSync } from 'node:fs'
import { Argument, Command } from 'commander'
import { completionCommand } from './flags/completion.ts'
import { compressCommand } from './commands/compress.ts'
import type { CommandContext } from './context.ts'
import { decompressCommand } from './commands/decompress.ts'
import { evaluateCommand } from './commands/evaluate.ts'
import { afterHelp, helpStyle, helpWidth } from './flags/help.ts'
import { inspectCommand } from './commands/inspect.ts'
import { modelHelp } from './flags/model-help.ts'
import { nearest } from './nearest.ts'
import { sampleCommand } from './commands/sample.ts'
import { sendCommand } from './commands/send.ts'
import { serveCommand } from './commands/serve.ts'
import { visibleText } from '../text/visible.ts'
import { version } from './version.ts'
import { watchCommand } from './commands/watch.ts'
import { workerCommand } from './commands/worker.ts'

const HELP = `
Without a COMMAND it watches: rxrnn watch --help shows its options, rxrnn COMMAND --help those of another, rxrnn help model those of the model.

Examples:
  tail -F app.log | rxrnn             learn from a log as it comes; what surprises is coloured
  rxrnn app.log --only-alerts         print the lines that stand out
  rxrnn -f app.log --checkpoint state  keep what was learned through a stop, a crash and a rotation
  rxrnn evaluate book.txt             say how well it predicts a text
  rxrnn sample book.txt               learn from a text, then write as it would continue
  rxrnn compress book.txt -o book.rx  make a text as small as it is well predicted
  rxrnn serve                         learn what comes over WebSocket
  rxrnn send ws://HOST/v1/learn       pipe text to a server, print what it says
  rxrnn worker                        learn each key of a NATS stream, on many machines

Exit status:
  0    done
  1    failed
  2    wrong usage
  3    there was an alert, with --fail-on-alert
  129  stopped by SIGHUP
  130  stopped by SIGINT
  143  stopped by SIGTERM`

const COMMANDS = [
  // the first is the one that runs when none is named
  watchCommand,
  evaluateCommand,
  sampleCommand,
  compressCommand,
  decompressCommand,
  inspectCommand,
  serveCommand,
  sendCommand,
  workerCommand,
  completionCommand,
]

/** The command line: its commands, options and texts. The man page and the completions of shells are made from it. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('rxrnn')
    .usage('[COMMAND] [options] [FILE...]')
    .summary('learn live text as it passes, and show what surprises')
    .description('Pipe any live text in; it learns as it reads, says what it expects next, and says what surprised it.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .configureHelp(helpStyle)
    .configureOutput({
      writeOut: (text) => context.output.write(text),
      // what was typed may hold control characters
      writeErr: (text) => void process.stderr.write(text.split('\n').map(visibleText).join('\n')),
      outputError: (text, write) => write(inOurWords(text)),
      getOutHelpWidth: () => helpWidth(process.stdout),
    })
    .exitOverride()
    .showHelpAfterError('(--help says what there is)')
    .addHelpText('after', afterHelp(HELP))
  for (const [i, create] of COMMANDS.entries()) program.addCommand(create(context).copyInheritedSettings(program), { isDefault: i === 0 })
  program.addCommand(helpCommand(program).copyInheritedSettings(program))
  return program.hook('preAction', refuseMistyped)
}

function helpCommand(program: Command): Command {
  return new Command('help')
    .description('show the help of a command, or of the model')
    .addArgument(new Argument('[COMMAND]', 'which one, or model').choices(['model']).argParser((name) => name))
    .helpOption(false)
    .action((name?: string) => {
      const command = name === undefined ? program : topics(program).get(name)
      if (command === undefined) program.error(`error: there is no command ${name}${proposal(name!, topics(program).keys())}`)
      command.help()
    })
}

/** What `help` can show */
function topics(program: Command): ReadonlyMap<string, Command> {
  return new Map([
    ...program.commands.map((command) => [command.name(), command] as const),
    ['model', modelHelp().copyInheritedSettings(program).helpOption(false)],
  ])
}

/** Without a command the first word is a file to watch, unless it is a command with a slip of the finger in it */
function refuseMistyped(program: Command): void {
  const [word] = program.args
  if (word === undefined || program.commands.some((command) => command.name() === word) || existsSync(word)) return
  const meant = proposal(
    word,
    program.commands.map((command) => command.name()),
  )
  if (meant !== '') program.error(`error: ${word} is neither a command nor a file${meant}`)
}

function proposal(word: string, names: Iterable<string>): string {
  const meant = nearest(word, [...names])
  return meant === undefined ? '' : `\n(Did you mean ${meant}?)`
}

/** An error of commander under our name, without what it proposes from afar */
function inOurWords(text: string): string {
  const [, typed] = /unknown option '--(.*)'/.exec(text) ?? []
  return text
    .replace(/^error: /, 'rxrnn: ')
    .replace(/\n\(Did you mean (?:one of )?(--.*)\?\)/, (whole, found: string) =>
      nearest(typed ?? '', found.replaceAll('--', '').split(', ')) === undefined ? '' : whole,
    )
}
