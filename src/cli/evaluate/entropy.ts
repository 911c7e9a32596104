/** Counts characters: the best constant prediction's bits are the order-0 entropy of what was counted */
export class CharacterCounts {
  readonly #counts = new Map<number, number>()
  #total = 0

  add(characters: Int32Array): void {
    for (const character of characters) this.#counts.set(character, (this.#counts.get(character) ?? 0) + 1)
    this.#total += characters.length
  }

  /** Bits per character; 0 for an empty text */
  entropy(): number {
    let bits = 0
    for (const count of this.#counts.values()) bits -= (count / this.#total) * Math.log2(count / this.#total)
    return bits
  }
}
