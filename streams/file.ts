import { createReadStream } from 'node:fs'
import { catchError, defer, type Observable, throwError } from 'rxjs'
import type { PullOptions } from './pace.ts'
import { fromReadable } from './readable.ts'

/** A file that cannot be read or written. `code` is the system's: ENOENT, EISDIR, EACCES ... */
export class FileError extends Error {
  override readonly name = 'FileError'
  readonly code: string

  constructor(path: string, cause: NodeJS.ErrnoException, attempt: 'read' | 'write' = 'read') {
    const code = cause.code ?? 'unknown'
    super(`cannot ${attempt} ${path}: ${REASONS[code] ?? cause.message}`, { cause })
    this.code = code
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EACCES: 'permission denied',
  ENAMETOOLONG: 'the name is too long',
}

/**
 * The bytes of a file, read only as fast as they are dealt with. Closed when it ends, fails or nobody listens any more. Errors with FileError.
 *
 *     file('book.txt').pipe(learn(model))
 */
export function file(path: string, options?: PullOptions): Observable<Uint8Array> {
  return defer(() => fromReadable(createReadStream(path), options)).pipe(
    catchError((error: NodeJS.ErrnoException) => throwError(() => new FileError(path, error))),
  )
}
