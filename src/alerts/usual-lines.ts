const LINES = 256
// characters of a line that are kept to show it
const SHOWN = 500
// of a longer line, only the start is looked at
const LONGEST = 4096

interface UsualLine {
  readonly text: string
  readonly words: ReadonlySet<number>
}

/** The last 256 lines that differ in more than their digits */
export class UsualLines {
  readonly #lines = new Map<number, UsualLine>()

  /** Records a line by its learned text; `text` is what people are shown */
  add(line: string, text: string): void {
    const words = templateOf(line)
    const key = hash(words.join(' '))
    // the last one is the newest
    this.#lines.delete(key)
    this.#lines.set(key, { text: text.slice(0, SHOWN), words: new Set(words) })
    if (this.#lines.size > LINES) for (const oldest of this.#lines.keys()) return void this.#lines.delete(oldest)
  }

  /** The text of the line that shares most words with this one, of several the newest; undefined when none shares any */
  nearest(line: string): string | undefined {
    const words = new Set(templateOf(line))
    let nearest: string | undefined
    let highest = 0
    for (const usual of this.#lines.values()) {
      const shared = likeness(words, usual.words)
      if (shared > 0 && shared >= highest) [nearest, highest] = [usual.text, shared]
    }
    return nearest
  }
}

/** The words of a line with every number the same */
function templateOf(line: string): readonly number[] {
  const words = line.slice(0, LONGEST).match(/[\p{L}\p{N}_]+/gu) ?? []
  return words.map((word) => hash(word.replace(/\d+/g, '0')))
}

/** A hash of 32 bits (FNV-1a) */
function hash(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** The share of the words of both that both have, from 0 to 1 */
function likeness(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let shared = 0
  for (const word of a) if (b.has(word)) shared += 1
  return shared / (a.size + b.size - shared || 1)
}
