import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { defer, type Observable } from 'rxjs'
import { FileError, nameErrors } from './file.ts'
import type { PullOptions } from './pace.ts'
import { fromReadable } from './readable.ts'

/** What errors call it */
export const STANDARD_INPUT = 'standard input'

/**
 * The bytes of standard input, read only as fast as they are dealt with. It completes at the end of the input, and when nobody listens any more it is
 * released, so that an idle terminal or pipe does not keep the process alive. Errors with FileError.
 *
 *     stdin().pipe(learn(model))
 */
export function stdin(options?: PullOptions): Observable<Uint8Array> {
  return defer(() => fromReadable(standardInput(), options)).pipe(nameErrors(STANDARD_INPUT))
}

/** Resolves when standard input can be read, or has ended; reads nothing. Rejects with FileError. */
export async function stdinBegins(): Promise<void> {
  if (!(process.stdin instanceof Socket)) return
  await once(process.stdin, 'readable').catch((error: unknown) => {
    throw error instanceof Error ? new FileError(STANDARD_INPUT, error) : error
  })
}

/** Node takes what it does not know, such as a folder, for an empty input */
function standardInput(): Readable {
  return process.stdin instanceof Socket ? process.stdin : createReadStream('', { fd: 0, autoClose: false })
}
