import { animationFrameScheduler, asyncScheduler, auditTime, defer, filter, map, type OperatorFunction, tap, throttleTime } from 'rxjs'

export interface PerFrameOptions {
  /** Of what comes between two frames, the latest so many: a page in the background draws none */
  readonly most: number
  /** Milliseconds between two frames that are drawn: those between them cost nothing */
  readonly apart: number
  /** While it says so, nothing is drawn, and what comes is gathered */
  readonly isHeld?: () => boolean
}

/**
 * Gathers values until the next frame is drawn. What comes after a pause is drawn at once.
 *
 *     source                           --abc-----d--|
 *     perFrame({ most: 2, apart: 0 })  -----[bc]---[d]|
 */
export function perFrame<T>({ most, apart, isHeld = () => false }: PerFrameOptions): OperatorFunction<T, readonly T[]> {
  return (source) =>
    defer(() => {
      let held: T[] = []
      return source.pipe(
        tap((value) => {
          held.push(value)
          if (held.length > most) held.shift()
        }),
        throttleTime(apart, asyncScheduler, { leading: true, trailing: true }),
        auditTime(0, animationFrameScheduler),
        filter(() => !isHeld()),
        map(() => {
          const frame = held
          held = []
          return frame
        }),
      )
    })
}
