import { tap } from 'rxjs'
import type { CommandContext } from '../context.ts'
import { ProgressTable } from '../print/progress.ts'
import { finished } from '../run.ts'
import { ignoredLines } from './ignore.ts'
import { type Learning, Source } from './source.ts'
import { inOrder } from './text.ts'

/** Learns files before the text that is watched, also when that will only be scored; its lines are the first to rank others by */
export async function train(paths: readonly string[], learning: Learning, context: CommandContext): Promise<'completed' | 'stopped'> {
  const progress = new ProgressTable(context.note)
  const source = new Source(undefined, { ...learning, frozen: false })
  const ending = await finished(
    inOrder(paths, undefined, context).pipe(
      source.read(),
      ignoredLines(() => source.take()),
      source.learn(undefined),
      tap(({ losses }) => progress.add(losses)),
      source.lines(),
    ),
    context,
  )
  progress.end()
  return ending
}
