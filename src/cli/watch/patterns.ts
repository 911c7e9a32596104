import type { Matcher, RE2JS } from 're2js'
import { OptionError } from '../../text/option-error.ts'
import type { Ranges } from '../../text/ranges.ts'
import { messageOf } from '../../text/message-of.ts'

/** Whether a line fits one of the patterns anywhere; undefined when there are none. Rejects with OptionError. */
export async function ignorePattern(patterns: readonly string[]): Promise<((line: string) => boolean) | undefined> {
  const pattern = await oneOf('ignore', patterns)
  return pattern && ((line) => pattern.test(line))
}

/** Where a line fits one of the patterns; undefined when there are none. Rejects with OptionError. */
export async function maskPattern(patterns: readonly string[]): Promise<((line: string) => Ranges) | undefined> {
  const pattern = await oneOf('maskPattern', patterns)
  return pattern && ((line) => rangesOf(pattern.matcher(line)))
}

function* rangesOf(matcher: Matcher): Generator<readonly [from: number, to: number]> {
  while (matcher.find()) if (matcher.end() > matcher.start()) yield [matcher.start(), matcher.end()]
}

/** What fits any of the patterns. The syntax is that of RE2, which takes time in proportion to the line. */
async function oneOf(option: string, patterns: readonly string[]): Promise<RE2JS | undefined> {
  if (patterns.length === 0) return undefined
  // only when it is needed: loading takes as long as starting does
  const { RE2JS } = await import('re2js')
  for (const pattern of patterns) {
    try {
      RE2JS.compile(pattern)
    } catch (error) {
      const reason = messageOf(error)
      throw new OptionError(
        option,
        `${option} is ${pattern}, but it must be a regular expression of RE2, without backreferences and lookaround: ${reason}`,
      )
    }
  }
  return RE2JS.compile(patterns.map((pattern) => `(?:${pattern})`).join('|'))
}
