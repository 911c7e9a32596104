import { CommanderError } from 'commander'
import { OptionError } from '../text/option-error.ts'
import type { CommandContext } from './context.ts'
import { inFlags } from './flags/options.ts'

const FAILED = 1
const WRONG_USAGE = 2

/** Says what went wrong in one line and returns the exit code */
export function report(error: unknown, { note }: CommandContext): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE
  if (error instanceof OptionError) note(`rxrnn: ${inFlags(error)}`)
  else note(`rxrnn: ${error instanceof Error ? error.message : String(error)}`)
  return error instanceof OptionError || isBadPath(error) ? WRONG_USAGE : FAILED
}

/** A file that cannot be read was a wrong argument */
function isBadPath(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOENT', 'EISDIR', 'EACCES', 'ENOTDIR'].includes(String(error.code))
}
