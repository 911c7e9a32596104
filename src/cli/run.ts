import { endWith, firstValueFrom, ignoreElements, merge, type Observable } from 'rxjs'
import type { CommandContext } from './context.ts'

/** Runs to the end, or until the command is told to stop: then it unsubscribes, sets the exit code and returns 'stopped' */
export async function finished(work$: Observable<unknown>, context: CommandContext): Promise<'completed' | 'stopped'> {
  const exitCode = await firstValueFrom(merge(work$.pipe(ignoreElements(), endWith(undefined)), context.stop$))
  if (exitCode === undefined) return 'completed'
  context.exitCode ||= exitCode
  return 'stopped'
}
