/** Words by which people say that something is wrong; each also counts as a part of a longer one, as in `NullPointerException` or `is_corrupted` */
const SEVERE =
  /abort|cannot|corrupt|crash|critical|denied|error|exception|fail|fatal|illegal|invalid|killed|missing|panic|refused|reject|severe|timed out|timeout|unable|unexpected|unknown|unreachable|warn/gi

/** The severe words of a line, each once, in lower case */
export function severeWordsOf(characters: Int32Array): readonly string[] {
  const text = String.fromCodePoint(...characters)
  return Array.from(new Set(text.match(SEVERE)?.map((word) => word.toLowerCase())))
}
