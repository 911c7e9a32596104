import { appendFileSync, closeSync, fchmodSync, fstatSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { FileError } from '../../../streams/files/file.ts'
import type { CommandContext } from '../context.ts'

/** Where a command's result goes. Rejects with FileError. */
export interface Output {
  write(bytes: Uint8Array): void
  /** Undefined, or a promise to wait for before more is written */
  ready(): Promise<void> | undefined
  /** The result is complete; resolves when it is safe */
  commit(): Promise<void>
  /** There will be no result: nothing of it is left behind, as far as it can be taken back */
  abandon(): void
}

/** A file as open to others as the input is, or standard output when there is no path */
export function output(path: string | undefined, input: string, { output: sink }: CommandContext): Output {
  if (path !== undefined) return fileOutput(path, modeOf(input))
  return { write: (bytes) => sink.write(bytes), ready: () => sink.ready(), commit: () => sink.end(), abandon: () => {} }
}

/** A file is written beside its place under a temporary name, and put there when it is complete; a device or a pipe is written as it is */
function fileOutput(path: string, mode: number | undefined): Output {
  const inWords = <T>(attempt: () => T): T => {
    try {
      return attempt()
    } catch (error) {
      throw error instanceof Error ? new FileError(path, error, 'write') : error
    }
  }
  const { descriptor, put, abandon } = inWords(() => openOutput(path, mode))
  return {
    write: (bytes) => inWords(() => appendFileSync(descriptor, bytes)),
    ready: () => undefined,
    commit: async () => inWords(put),
    abandon,
  }
}

interface Opened {
  readonly descriptor: number
  readonly put: () => void
  readonly abandon: () => void
}

function openOutput(path: string, mode: number | undefined): Opened {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found !== undefined && !found.isFile()) {
    const descriptor = openSync(path, 'w')
    const close = () => closeSync(descriptor)
    return { descriptor, put: close, abandon: close }
  }
  const place = found === undefined ? path : realpathSync(path)
  const temporary = join(dirname(place), `.${basename(place)}.${process.pid}.partial`)
  rmSync(temporary, { force: true })
  // wx follows no link that somebody put there
  const descriptor = openSync(temporary, 'wx', mode === undefined ? 0o666 : 0o600)
  return {
    descriptor,
    put: () => {
      if (mode !== undefined) fchmodSync(descriptor, mode)
      // some systems say only now that there was no room
      fsyncSync(descriptor)
      closeSync(descriptor)
      renameSync(temporary, place)
    },
    abandon: () => rmSync(temporary, { force: true }),
  }
}

/** Who may read and write a file; undefined if it is not a file */
function modeOf(path: string): number | undefined {
  try {
    const found = path === '-' ? fstatSync(0) : statSync(path)
    return found.isFile() ? found.mode & 0o777 : undefined
  } catch {
    // reading it will say what is wrong
    return undefined
  }
}
