/** How many characters (code points) a text has */
export function charactersIn(text: string): number {
  let count = text.length
  // Stryker disable next-line EqualityOperator: behind the end there is no surrogate
  for (let i = 1; i < text.length; i++) {
    if (isLowSurrogate(text.charCodeAt(i)) && isHighSurrogate(text.charCodeAt(i - 1))) count -= 1
  }
  return count
}

/** The text after its first `count` characters */
export function skipCharacters(text: string, count: number): string {
  let at = 0
  // Stryker disable next-line ConditionalExpression,EqualityOperator: only ends early
  for (let skipped = 0; skipped < count && at < text.length; skipped++) at += text.codePointAt(at)! > 0xffff ? 2 : 1
  return text.slice(at)
}

/** Where to cut a text near `at`, so that no character is cut */
export function cutAt(text: string, at: number): number {
  return isHighSurrogate(text.charCodeAt(at - 1)) && isLowSurrogate(text.charCodeAt(at)) ? at + 1 : at
}

export function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

export function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
