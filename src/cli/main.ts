#!/usr/bin/env node
import { from, fromEvent, map, merge, share } from 'rxjs'
import { sink } from '../../streams/files/sink.ts'
import type { CommandContext } from './context.ts'
import { createProgram } from './program.ts'
import { report } from './report.ts'

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
