/** (context, character) pairs that are counted; past them no new ones are, so that memory is bounded */
const LIMIT = 2 ** 20

/**
 * What plain counting needs: the code length of each character by how often it followed the last two, before it is counted. A character that never did
 * is an escape to the last one, then to none, then to one of all characters there are. An escape is as likely as the context has seen different
 * characters, and shorter contexts do not count what a longer one knows: method C of Moffat (1990), without exclusions. The lengths are those of a real
 * code, so they compare fairly.
 */
export class Order2 {
  #contexts = new Map()
  #novelBits
  #pairs = 0
  #before = 0
  #last = 0
  #bits = 0

  /** `characters`: how many there are, seen or not */
  constructor(characters) {
    this.#novelBits = Math.log2(characters)
  }

  get bits() {
    return this.#bits
  }

  add(characters) {
    for (const character of characters) {
      const contexts = [this.#before * 2 ** 21 + this.#last, -this.#last - 1, -Infinity]
      if (!contexts.some((key) => this.#finds(key, character))) this.#bits += this.#novelBits
      this.#before = this.#last
      this.#last = character
    }
  }

  /** Whether the context knows the character: adds the bits of it, or of an escape, and counts it */
  #finds(key, character) {
    const context = this.#contexts.get(key)
    if (context === undefined) {
      if (this.#mayCount()) this.#contexts.set(key, { total: 1, counts: new Map([[character, 1]]) })
      return false
    }
    const { total, counts } = context
    const count = counts.get(character)
    this.#bits += Math.log2((total + counts.size) / (count ?? counts.size))
    if (count === undefined && !this.#mayCount()) return false
    counts.set(character, (count ?? 0) + 1)
    context.total += 1
    return count !== undefined
  }

  #mayCount() {
    if (this.#pairs === LIMIT) return false
    this.#pairs += 1
    return true
  }
}
