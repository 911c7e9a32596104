#!/usr/bin/env node
import { isatty } from 'node:tty'
import { from, fromEvent, map, merge, share } from 'rxjs'
import { stdin, stdinBegins } from '../../streams/files/stdin.ts'
import { sink } from '../../streams/files/sink.ts'
import { visibleText } from '../text/visible.ts'
import type { CommandContext } from './context.ts'
import { report } from './failure.ts'
import { createProgram } from './program.ts'

const SIGNALS: ReadonlyMap<string, number> = new Map([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
])

function createContext(): CommandContext {
  const output = sink(process.stdout)
  const signals$ = merge(...Array.from(SIGNALS, ([signal, exitCode]) => fromEvent(process, signal).pipe(map(() => exitCode))))
  // what cannot be noted must not end the command
  process.stderr.on('error', () => {})
  const gone$ = from(output.closed).pipe(map(() => 0))
  return {
    input: { bytes: stdin, begins: stdinBegins, terminal: isatty(0) },
    output,
    note: (text) => void process.stderr.write(`${visibleText(text)}\n`),
    terminal: process.stdout.isTTY,
    environment: process.env,
    stop$: merge(signals$, gone$).pipe(share()),
    exitCode: 0,
  }
}

async function main(): Promise<void> {
  const context = createContext()
  let reported: unknown
  const failed = (error: unknown) => {
    if (error !== reported) context.exitCode = report(error, context)
    reported = error
  }
  await createProgram(context).parseAsync().catch(failed)
  await context.output.end().catch(failed)
  process.exit(context.exitCode)
}

void main()
