import { concat, defer, filter, type MonoTypeOperatorFunction, type TimestampProvider } from 'rxjs'

/**
 * At most one value in `milliseconds`, the first and the last always; no timers, so that it never holds up the end of a stream.
 *
 *     source      --abc---de---f--|
 *     thin(1000)  --a-----d----f--|
 *
 *     text$.pipe(learn(model), stats(model), thin(1000))
 */
export function thin<T>(milliseconds: number, scheduler: TimestampProvider = performance): MonoTypeOperatorFunction<T> {
  return (source) =>
    defer(() => {
      let next = -Infinity
      let held: readonly T[] = []
      const due = (value: T): boolean => {
        const time = scheduler.now()
        if (time < next) {
          held = [value]
          return false
        }
        held = []
        next = time + milliseconds
        return true
      }
      return concat(
        source.pipe(filter(due)),
        defer(() => held),
      )
    })
}
