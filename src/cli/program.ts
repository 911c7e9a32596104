import { existsSync } from 'node:fs'
import { Argument, Command } from 'commander'
import { completionCommand } from './flags/completion.ts'
import { compressCommand } from './commands/compress.ts'
import type { CommandContext } from './context.ts'
import { decompressCommand } from './commands/decompress.ts'
import { evaluateCommand } from './commands/evaluate.ts'
import { helpStyle, helpWidth, withHelp } from './flags/help.ts'
import { inspectCommand } from './commands/inspect.ts'
import { modelHelp } from './flags/model-help.ts'
import { nearest } from './nearest.ts'
import { removeCommand } from './commands/remove.ts'
import { sampleCommand } from './commands/sample.ts'
import { sendCommand } from './commands/send.ts'
import { serveCommand } from './commands/serve.ts'
import { visibleText } from '../text/visible.ts'
import { verdictsCommand } from './commands/verdicts.ts'
import { version } from './version.ts'
import { watchCommand } from './commands/watch.ts'
import { workerCommand } from './commands/worker.ts'

const HELP = `
Without a COMMAND rxrnn watches: it reads standard input or FILEs. rxrnn watch --help shows all options of that, rxrnn COMMAND --help those of another command, rxrnn help model those of the model.

Examples:
  tail -n 1000 -F app.log | rxrnn       watch a log; what surprises is coloured, ▶ marks an alert
  rxrnn app.log --only-alerts           print only the lines that stand out
  make 2>&1 | rxrnn --fail-on-alert     exit with 3 when a line stands out
  rxrnn -f app.log --checkpoint state   follow a file; continue after a stop, a crash or a rotation
  rxrnn --json app.log | jq .           one event per line, for programs
  rxrnn serve                           a web page that shows how it learns, and a WebSocket server

Exit status:
  0    done
  1    failed
  2    wrong usage
  3    there was an alert, with --fail-on-alert
  129  stopped by SIGHUP
  130  stopped by SIGINT
  143  stopped by SIGTERM

Environment:
  NO_COLOR     no colours, unless --color asks for them
  FORCE_COLOR  colours into pipes and files, too; 3 for 16 million of them; 0 or false for none
  COLORTERM    truecolor: the terminal has 16 million colours
  COLORFGBG    the colours of the terminal, where it does not answer; the last number is the background
  TERM         dumb, or nothing: no colours, and the cursor stays where it is`

/** Options of watch that the first help shows */
const EVERYDAY = [
  '--follow',
  '--only-alerts',
  '--explain',
  '--alert-rate',
  '--verdicts',
  '--mask',
  '--ignore',
  '--json',
  '--checkpoint',
  '--theme',
  '--summary',
]

const COMMANDS = [
  // the first is the one that runs when none is named
  watchCommand,
  evaluateCommand,
  sampleCommand,
  compressCommand,
  decompressCommand,
  inspectCommand,
  verdictsCommand,
  serveCommand,
  sendCommand,
  removeCommand,
  workerCommand,
  completionCommand,
]

/** The command line: its commands, options and texts. The man page and the completions of shells are made from it. */
export function createProgram(context: CommandContext): Command {
  const program = withHelp(new Command('rxrnn'), HELP, EVERYDAY)
    .usage('[COMMAND] [options] [FILE...]')
    .summary('find the lines of a live text that stand out, without rules')
    .description('Pipe a log or any live text in. rxrnn learns it as it passes, colours what surprises and marks the lines that stand out.')
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
  if (word === undefined || word.startsWith('-') || program.commands.some((command) => command.name() === word) || existsSync(word)) return
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
