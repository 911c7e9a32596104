import { Observable } from 'rxjs'
import type { PullOptions } from './pace.ts'

/**
 * The values of an iterable, each taken only when `ready` agrees. Nothing is taken ahead, and the iterator is closed as soon as nobody listens.
 *
 *     pull(messages, { ready: () => backlog.ready() }).pipe(keyed(learnFor, { store, backlog }))
 */
export function pull<T>(values: Iterable<T> | AsyncIterable<T>, { ready = () => undefined }: PullOptions = {}): Observable<T> {
  return new Observable((subscriber) => {
    const run = async () => {
      await ready()
      if (subscriber.closed) return
      for await (const value of values) {
        subscriber.next(value)
        await ready()
        if (subscriber.closed) return
      }
      subscriber.complete()
    }
    run().catch((error: unknown) => subscriber.error(error))
  })
}
