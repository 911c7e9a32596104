import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { NEVER } from 'rxjs'
import type { CommandContext } from '../../src/cli/context.ts'
import { createProgram } from '../../src/cli/program.ts'
import { report } from '../../src/cli/failure.ts'
import { sink } from '../../streams/files/sink.ts'
import type { Finished } from './run.ts'

const QUIET = { terminal: false, stop$: NEVER, exitCode: 0 } as const

/** The command line, to look at */
export function program(): Command {
  return createProgram({ ...QUIET, output: sink(new PassThrough()), note: () => {} })
}

/** What the command prints, and the code it ends with, run in this process: for what ends without reading standard input */
export async function runHere(args: readonly string[]): Promise<Omit<Finished, 'stdoutBytes'>> {
  let stdout = ''
  let stderr = ''
  const output = new PassThrough()
  output.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const context: CommandContext = { ...QUIET, output: sink(output), note: (text) => (stderr += `${text}\n`) }
  const all = createProgram(context)
  for (const command of [all, ...all.commands]) {
    command.configureOutput({ writeOut: (text) => (stdout += text), writeErr: (text) => (stderr += text) })
  }
  const code = await all.parseAsync(args, { from: 'user' }).then(
    () => context.exitCode,
    (error: unknown) => report(error, context),
  )
  await context.output.end()
  return { code, stdout, stderr }
}

/** The long and short names of every option of a command */
export function flagsOf(command: Command): readonly string[] {
  return [...command.options.flatMap(({ short, long }) => [short, long]), '-h', '--help'].filter((flag) => flag !== undefined)
}
