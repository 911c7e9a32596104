import { animationFrameScheduler, auditTime, defer, map, type OperatorFunction, tap } from 'rxjs'

/**
 * Gathers values until the next frame is drawn, the latest `most` of them: a page in the background draws none.
 *
 *     source        --abc-----d--|
 *     perFrame(2)   -----[bc]---[d]|
 */
export function perFrame<T>(most: number): OperatorFunction<T, readonly T[]> {
  return (source) =>
    defer(() => {
      let held: T[] = []
      return source.pipe(
        tap((value) => {
          held.push(value)
          if (held.length > most) held.shift()
        }),
        auditTime(0, animationFrameScheduler),
        map(() => {
          const frame = held
          held = []
          return frame
        }),
      )
    })
}
