import type { Archive } from '../archive.ts'

/**
 * Numbers by a hash of 32 bits, in memory of a fixed size. Each hash has two places; when both belong to others, the one with the lesser number makes
 * room. The whole hash is compared, so that only equal hashes are taken for each other.
 */
export class HashTable {
  readonly #hashes: Uint32Array
  #numbers: Float64Array

  /** Room for 2 ** bits numbers */
  constructor(bits: number) {
    this.#hashes = new Uint32Array(2 ** bits)
    this.#numbers = new Float64Array(2 ** bits)
  }

  transfer(archive: Archive, name: string): void {
    archive.integers(`${name}.hashes`, this.#hashes)
    const numbers = archive.list(`${name}.numbers`, this.#numbers, this.#numbers.length)
    if (numbers.length !== this.#hashes.length) throw new RangeError(`${name} has ${numbers.length} numbers, and not ${this.#hashes.length}`)
    this.#numbers = numbers
  }

  get(hash: number): number | undefined {
    return this.#numbers[this.#find(hash)]
  }

  set(hash: number, number: number): void {
    const found = this.#find(hash)
    const place = found === -1 ? this.#lesser(hash) : found
    this.#hashes[place] = keyOf(hash)
    this.#numbers[place] = number
  }

  /** Where it is; -1 where it is not */
  #find(hash: number): number {
    const key = keyOf(hash)
    const place = hash & (this.#hashes.length - 1)
    if (this.#hashes[place] === key) return place
    return this.#hashes[place ^ 1] === key ? place ^ 1 : -1
  }

  #lesser(hash: number): number {
    const place = hash & (this.#hashes.length - 1)
    if (this.#hashes[place] === 0) return place
    return this.#hashes[place ^ 1] === 0 || this.#numbers[place ^ 1]! < this.#numbers[place]! ? place ^ 1 : place
  }
}

/** 0 marks a free place */
function keyOf(hash: number): number {
  return hash >>> 0 || 1
}

/** One more number into a hash: a round of MurmurHash3 (Appleby) */
export function mix(hash: number, number: number): number {
  let k = Math.imul(number, 0xcc9e2d51)
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  const h = hash ^ k
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

/** Spreads a hash over all bits, as MurmurHash3 ends */
export function finish(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
