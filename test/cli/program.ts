import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { NEVER } from 'rxjs'
import { createProgram } from '../../src/cli/program.ts'
import { sink } from '../../streams/files/sink.ts'

/** The command line, to look at */
export function program(): Command {
  return createProgram({ output: sink(new PassThrough()), terminal: false, note: () => {}, stop$: NEVER, exitCode: 0 })
}

/** The long and short names of every option of a command */
export function flagsOf(command: Command): readonly string[] {
  return [...command.options.flatMap(({ short, long }) => [short, long]), '-h', '--help'].filter((flag) => flag !== undefined)
}
