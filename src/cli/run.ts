import { endWith, firstValueFrom, ignoreElements, merge, type Observable } from 'rxjs'
import type { CommandContext } from './context.ts'

/**
 * Runs to the end, or until the command is told to stop: then it unsubscribes, sets the exit code and returns 'stopped'. What has to be done before that can be
 * put into `stop$`.
 */
export async function finished(
  work$: Observable<unknown>,
  context: CommandContext,
  stop$: Observable<number> = context.stop$,
): Promise<'completed' | 'stopped'> {
  const exitCode = await firstValueFrom(merge(work$.pipe(ignoreElements(), endWith(undefined)), stop$))
  if (exitCode === undefined) return 'completed'
  context.exitCode ||= exitCode
  return 'stopped'
}
