import { CommanderError } from 'commander'
import { FileError } from '../../streams/files/file.ts'
import { isSystemError } from '../../streams/reason.ts'
import { STANDARD_INPUT } from '../../streams/files/stdin.ts'
import { OptionError } from '../text/option-error.ts'
import { messageOf } from '../text/message-of.ts'
import type { CommandContext } from './context.ts'
import { inFlags } from './flags/options.ts'

export const FAILED = 1
const WRONG_USAGE = 2

/** Says what went wrong in one line and returns the exit code */
export function report(error: unknown, { note }: Pick<CommandContext, 'note'>): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE
  if (error instanceof OptionError) note(`rxrnn: ${inFlags(error)}`)
  else note(`rxrnn: ${wordsOf(error)}`)
  return error instanceof OptionError || isBadPath(error) ? WRONG_USAGE : FAILED
}

/** Where a thread or a module cannot be started, there is only the system's word for it */
function wordsOf(error: unknown): string {
  const message = messageOf(error)
  return /\bEMFILE\b/.test(message) ? 'too many files are open; raise the limit (ulimit -n)' : message
}

/** Of several files the others are read when one cannot be, and the exit code says so at the end. Throws what else went wrong. */
export function skipFile(error: unknown, paths: readonly string[], context: CommandContext): void {
  const isOneOfThem = error instanceof FileError && (paths.includes(error.path) || error.path === STANDARD_INPUT)
  if (paths.length < 2 || !isOneOfThem) throw error
  context.exitCode ||= report(error, context)
}

/** A file that cannot be read was a wrong argument; standard input is none */
function isBadPath(error: unknown): boolean {
  return isSystemError(error, 'ENOENT', 'EISDIR', 'EACCES', 'ENOTDIR') && !(error instanceof FileError && error.path === STANDARD_INPUT)
}
