import { defer, filter, type MonoTypeOperatorFunction, merge, share, takeLast } from 'rxjs'

/**
 * At most one value in `milliseconds`, the first and the last always; no timers, so that it never holds up the end of a stream.
 *
 *     source      --abc---de---f--|
 *     thin(1000)  --a-----d----f--|
 *
 *     text$.pipe(learn(model), stats(model), thin(1000))
 */
export function thin<T>(milliseconds: number, now: () => number = () => performance.now()): MonoTypeOperatorFunction<T> {
  return (source) =>
    defer(() => {
      let next = -Infinity
      let emitted: T | undefined
      const shared = source.pipe(share())
      const due = (value: T): boolean => {
        const time = now()
        if (time < next) return false
        next = time + milliseconds
        emitted = value
        return true
      }
      return merge(
        shared.pipe(filter(due)),
        shared.pipe(
          takeLast(1),
          filter((value) => value !== emitted),
        ),
      )
    })
}
