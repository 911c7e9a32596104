#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { from, fromEvent, map, merge, share } from 'rxjs'
import { sink } from '../../streams/sink.ts'
import { OptionError } from '../model/options.ts'
import { compressCommand } from './compress.ts'
import type { CommandContext } from './context.ts'
import { decompressCommand } from './decompress.ts'
import { evaluateCommand } from './evaluate.ts'
import { inspectCommand } from './inspect.ts'
import { inFlags } from './options.ts'
import { sampleCommand } from './sample.ts'
import { serveCommand } from './serve.ts'
import { version } from './version.ts'
import { watchCommand } from './watch.ts'
import { workerCommand } from './worker.ts'

const FAILED = 1
const WRONG_USAGE = 2

const HELP = `
Examples:
  tail -F app.log | rxrnn             learn from a log as it comes; what surprises is coloured
  rxrnn evaluate book.txt             how well it predicts a text, in one pass
  rxrnn sample book.txt               learn from a text, then write as it would go on
  rxrnn compress book.txt -o book.rx  as small as it is well predicted; rxrnn decompress gives it back
  rxrnn -f app.log --checkpoint state what it learned survives a stop, a crash and a rotation
  rxrnn serve                         a WebSocket server: text in, predictions out
  rxrnn worker                        a learner for each key of a NATS stream, on many machines

rxrnn COMMAND --help tells more. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 an alert (with --fail-on-alert), 130 and 143 after a signal.`

function createContext(): CommandContext {
  const output = sink(process.stdout)
  const signals$ = merge(fromEvent(process, 'SIGINT').pipe(map(() => 130)), fromEvent(process, 'SIGTERM').pipe(map(() => 143)))
  const gone$ = from(output.closed).pipe(map(() => 0))
  return {
    output,
    note: (text) => void process.stderr.write(`${text}\n`),
    terminal: process.stdout.isTTY,
    stop$: merge(signals$, gone$).pipe(share()),
    exitCode: 0,
  }
}

function createProgram(context: CommandContext): Command {
  const program = new Command('rxrnn')
    .description('Pipe any live text in; it learns as it reads, tells what it expects next, and tells what surprised it.')
    .version(version)
    .addHelpText('after', HELP)
  program.addCommand(watchCommand(context), { isDefault: true })
  for (const create of [evaluateCommand, sampleCommand, compressCommand, decompressCommand, inspectCommand, serveCommand, workerCommand])
    program.addCommand(create(context))
  for (const command of [program, ...program.commands]) command.exitOverride().showHelpAfterError('(--help tells what there is)')
  return program
}

/** Says what went wrong in one line and returns the exit code */
function report(error: unknown, { note }: CommandContext): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE
  if (error instanceof OptionError) note(`rxrnn: ${inFlags(error)}`)
  else note(`rxrnn: ${error instanceof Error ? error.message : String(error)}`)
  return error instanceof OptionError || isBadPath(error) ? WRONG_USAGE : FAILED
}

/** A file that cannot be read was a wrong argument */
function isBadPath(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOENT', 'EISDIR', 'EACCES', 'ENOTDIR'].includes(String(error.code))
}

const context = createContext()
try {
  await createProgram(context).parseAsync()
} catch (error) {
  context.exitCode = report(error, context)
}
await context.output.end()
process.exit(context.exitCode)
