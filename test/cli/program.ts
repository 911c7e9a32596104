import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { EMPTY, NEVER, of } from 'rxjs'
import type { CommandContext } from '../../src/cli/context.ts'
import { createProgram } from '../../src/cli/program.ts'
import { report } from '../../src/cli/failure.ts'
import { sink } from '../../streams/files/sink.ts'
import type { Finished } from './run.ts'

const QUIET = {
  input: { bytes: () => EMPTY, begins: async () => {}, terminal: false },
  terminal: false,
  environment: {},
  stop$: NEVER,
  exitCode: 0,
} as const

/** The command line, to look at */
export function program(): Command {
  return createProgram({ ...QUIET, output: sink(new PassThrough()), note: () => {} })
}

/** What the command prints with that on its standard input, and the code it ends with, run in this process */
export async function runHere(
  args: readonly string[],
  input: string | Uint8Array = '',
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const written: Buffer[] = []
  let stderr = ''
  const output = new PassThrough()
  output.on('data', (chunk: Buffer) => written.push(chunk))
  const bytes = Buffer.from(input)
  const context: CommandContext = {
    ...QUIET,
    environment,
    input: { ...QUIET.input, bytes: () => (bytes.length === 0 ? EMPTY : of(bytes)) },
    output: sink(output),
    note: (text) => (stderr += `${text}\n`),
  }
  const all = createProgram(context)
  for (const command of [all, ...all.commands]) {
    command.configureOutput({ writeOut: (text) => written.push(Buffer.from(text)), writeErr: (text) => (stderr += text) })
  }
  const code = await all.parseAsync(args, { from: 'user' }).then(
    () => context.exitCode,
    (error: unknown) => report(error, context),
  )
  await context.output.end()
  const stdoutBytes = Buffer.concat(written)
  return { code, stdout: stdoutBytes.toString(), stdoutBytes, stderr }
}

/** The long and short names of every option of a command */
export function flagsOf(command: Command): readonly string[] {
  return [...command.options.flatMap(({ short, long }) => [short, long]), '-h', '--help'].filter((flag) => flag !== undefined)
}
