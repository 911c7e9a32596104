import { type OperatorFunction, tap } from 'rxjs'
import type { CodingOptions } from '../../coder/compress.ts'
import type { CommandContext } from '../context.ts'
import { input } from '../input.ts'
import { output } from '../print/output.ts'
import { ProgressTable } from '../print/progress.ts'
import { finished } from '../run.ts'

export interface CodeFlags {
  readonly output?: string
  readonly quiet?: true
}

/** Runs a file, or standard input, through a coder. Nothing partial is left of the output when it fails or is stopped. */
export async function code(
  path: string,
  flags: CodeFlags,
  coder: (coding: CodingOptions) => OperatorFunction<Uint8Array, Uint8Array>,
  context: CommandContext,
): Promise<void> {
  const to = output(flags.output, path, context)
  const progress = new ProgressTable(flags.quiet === true ? () => {} : context.note)
  let [read, written] = [0, 0]
  const work$ = input(path, to, context).pipe(
    tap((bytes) => (read += bytes.length)),
    coder({ scored: (nats) => progress.add([nats]) }),
    tap((bytes) => {
      to.write(bytes)
      written += bytes.length
    }),
  )
  try {
    const ending = await finished(work$, context)
    if (ending === 'stopped') return to.abandon()
    await to.commit()
  } catch (error) {
    to.abandon()
    throw error
  }
  progress.end()
  if (flags.quiet !== true) context.note(`${count(read)} in, ${count(written)} out`)
}

function count(bytes: number): string {
  return `${bytes.toLocaleString('en')} bytes`
}
