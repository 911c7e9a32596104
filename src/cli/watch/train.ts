import { tap } from 'rxjs'
import { AlertStream } from '../../alerts/pipeline.ts'
import type { CommandContext } from '../context.ts'
import { ProgressTable } from '../print/progress.ts'
import { finished } from '../run.ts'
import type { Watching } from './stream.ts'
import { inOrder } from './text.ts'

/** Learns files before the text that is watched, also when that will only be scored; its lines are the first to rank others by */
export async function train(
  paths: readonly string[],
  { model, grader, options }: Watching,
  context: CommandContext,
): Promise<'completed' | 'stopped'> {
  const progress = new ProgressTable(context.note)
  const alerts = new AlertStream(model, { ...options, frozen: false }, grader)
  const ending = await finished(
    inOrder(paths, model.options.alphabet, context).pipe(
      alerts.grade(),
      tap(({ segment }) => progress.add(segment?.losses ?? new Float64Array())),
    ),
    context,
  )
  progress.end()
  return ending
}
