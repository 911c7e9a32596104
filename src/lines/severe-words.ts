/** Words by which people say that something is wrong; each also counts as a part of a longer one, as in `NullPointerException` or `is_corrupted` */
const SEVERE =
  /abort|cannot|corrupt|crash|critical|denied|error|exception|fail|fatal|illegal|invalid|killed|missing|panic|refused|reject|severe|timed out|timeout|unable|unexpected|unknown|unreachable|warn/gi

/** Where a word is the end of another one: `liberror` is a name, and says nothing of an error */
const INSIDE = /[a-z][a-z]/

/** The severe words of a line, each once, in lower case */
export function severeWordsOf(characters: Int32Array): readonly string[] {
  const text = String.fromCodePoint(...characters)
  const found = Array.from(text.matchAll(SEVERE)).filter(({ index }) => !INSIDE.test(text.slice(Math.max(0, index - 1), index + 1)))
  return Array.from(new Set(found.map(([word]) => word.toLowerCase())))
}
