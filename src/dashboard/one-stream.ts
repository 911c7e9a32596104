import { defer, filter, type MonoTypeOperatorFunction } from 'rxjs'
import type { PageEvent } from './source.ts'

// milliseconds after which another stream may take the place of one that says nothing
const SILENCE = 3000

/**
 * Of the streams of a shared model, which the page cannot show at once, the first one, and another when it has fallen silent; alerts of all of them.
 * `changed` receives each new one.
 */
export function oneStream(changed: () => void, now: () => number = () => performance.now()): MonoTypeOperatorFunction<PageEvent> {
  return (source) =>
    defer(() => {
      let shown: string | undefined
      let heard = -Infinity
      return source.pipe(
        filter((event) => {
          if (!('stream' in event) || event.type === 'line') return true
          const time = now()
          if (event.stream !== shown) {
            if (time < heard + SILENCE) return false
            shown = event.stream
            changed()
          }
          heard = time
          return true
        }),
      )
    })
}
