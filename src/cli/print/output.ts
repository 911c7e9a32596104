import { appendFileSync, closeSync, openSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { FileError } from '../../../streams/files/file.ts'
import type { CommandContext } from '../context.ts'

/** Where a command's result goes */
export interface Output {
  write(bytes: Uint8Array): void
  /** Undefined, or a promise to wait for before more is written */
  ready(): Promise<void> | undefined
  /** The result is complete */
  commit(): void
  /** There will be no result: nothing of it is left behind, as far as it can be taken back */
  abandon(): void
}

/** A file, or standard output when there is no path */
export function output(path: string | undefined, { output: sink }: CommandContext): Output {
  if (path !== undefined) return fileOutput(path)
  return { write: (bytes) => sink.write(bytes), ready: () => sink.ready(), commit: () => {}, abandon: () => {} }
}

function fileOutput(path: string): Output {
  try {
    return openOutput(path)
  } catch (error) {
    throw error instanceof Error ? new FileError(path, error, 'write') : error
  }
}

/** A file is written beside its place under a temporary name, and put there when it is complete; a device or a pipe is written as it is */
function openOutput(path: string): Output {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found !== undefined && !found.isFile()) return plainOutput(path)
  const place = found === undefined ? path : realpathSync(path)
  const temporary = join(dirname(place), `.${basename(place)}.${process.pid}.partial`)
  const partial = plainOutput(temporary)
  return {
    ...partial,
    commit: () => {
      partial.commit()
      renameSync(temporary, place)
    },
    abandon: () => rmSync(temporary, { force: true }),
  }
}

function plainOutput(path: string): Output {
  const descriptor = openSync(path, 'w')
  return {
    write: (bytes) => appendFileSync(descriptor, bytes),
    ready: () => undefined,
    commit: () => closeSync(descriptor),
    abandon: () => {},
  }
}
