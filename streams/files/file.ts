import { createReadStream } from 'node:fs'
import { catchError, defer, type MonoTypeOperatorFunction, type Observable, throwError } from 'rxjs'
import type { PullOptions } from './pace.ts'
import { fromReadable } from './readable.ts'
import { isSystemError, reasonOf } from '../reason.ts'

/** A file that cannot be read or written. `code` is the system's: ENOENT, EISDIR, EACCES ... */
export class FileError extends Error {
  override readonly name = 'FileError'
  readonly code: string
  readonly path: string

  constructor(path: string, cause: NodeJS.ErrnoException, attempt: 'read' | 'write' = 'read') {
    super(`cannot ${attempt} ${path}: ${reasonOf(cause)}`, { cause })
    this.code = cause.code ?? 'unknown'
    this.path = path
  }
}

/**
 * The bytes of a file, read only as fast as they are dealt with. Closed when it ends, fails or nobody listens any more. Errors with FileError.
 *
 *     file('book.txt').pipe(learn(model))
 */
export function file(path: string, options?: PullOptions): Observable<Uint8Array> {
  return defer(() => fromReadable(createReadStream(path), options)).pipe(nameErrors(path))
}

/** Says of errors of the system which file could not be read */
export function nameErrors<T>(path: string): MonoTypeOperatorFunction<T> {
  return catchError((error: unknown) => throwError(() => (isSystemError(error) ? new FileError(path, error) : error)))
}
