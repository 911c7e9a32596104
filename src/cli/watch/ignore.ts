import { defer, type MonoTypeOperatorFunction, tap } from 'rxjs'
import { OptionError } from '../../text/option-error.ts'
import type { Passage } from '../../text/span.ts'

/**
 * Whether a line fits one of the patterns anywhere; undefined when there are none. The syntax is that of RE2, which takes time in proportion to the line.
 * Errors with OptionError.
 */
export async function ignorePattern(patterns: readonly string[]): Promise<((line: string) => boolean) | undefined> {
  if (patterns.length === 0) return undefined
  // only when it is needed: loading takes as long as starting does
  const { RE2JS } = await import('re2js')
  const compiled = patterns.map((pattern) => {
    try {
      return RE2JS.compile(pattern)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new OptionError(
        'ignore',
        `ignore is ${pattern}, but it must be a regular expression of RE2, without backreferences and lookaround: ${reason}`,
      )
    }
  })
  return (line) => compiled.some((pattern) => pattern.test(line))
}

/** Tells when a line has ended that is ignored */
export function ignoredLines(show: () => void): MonoTypeOperatorFunction<Passage> {
  return (source) =>
    defer(() => {
      let open = false
      return source.pipe(
        tap({
          next({ ignored, parts }) {
            open = ignored && parts.at(-1)?.text.endsWith('\n') !== true
            if (ignored && !open) show()
          },
          complete() {
            if (open) show()
          },
        }),
      )
    })
}
