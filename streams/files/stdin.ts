import { defer, type Observable } from 'rxjs'
import type { PullOptions } from './pace.ts'
import { fromReadable } from './readable.ts'

/**
 * The bytes of standard input, read only as fast as they are dealt with. It completes at the end of the input, and when nobody listens any more it is
 * released, so that an idle terminal or pipe does not keep the process alive.
 *
 *     stdin().pipe(learn(model))
 */
export function stdin(options?: PullOptions): Observable<Uint8Array> {
  return defer(() => fromReadable(process.stdin, options))
}
