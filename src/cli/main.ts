#!/usr/bin/env node
import { CommanderError } from 'commander'
import { from, fromEvent, map, merge, share } from 'rxjs'
import { sink } from '../../streams/files/sink.ts'
import { OptionError } from '../text/option-error.ts'
import type { CommandContext } from './context.ts'
import { inFlags } from './flags/options.ts'
import { createProgram } from './program.ts'

const FAILED = 1
const WRONG_USAGE = 2

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

async function main(): Promise<void> {
  const context = createContext()
  try {
    await createProgram(context).parseAsync()
  } catch (error) {
    context.exitCode = report(error, context)
  }
  await context.output.end()
  process.exit(context.exitCode)
}

void main()
