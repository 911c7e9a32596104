import { OptionError } from '../../text/option-error.ts'

/**
 * Whether a line fits one of the patterns anywhere; undefined when there are none. The syntax is that of RE2, which takes time in proportion to the line.
 * Rejects with OptionError.
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
