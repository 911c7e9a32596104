import { exp, log } from '../kernels/reference/math.ts'
import type { Archive } from '../archive.ts'

/** Places with the same last bits of their hash: one of them is found, or the least makes room */
const WAYS = 4
const FIRST_BITS = 8

/** The unit grows with every line instead of all counts shrinking; from here on it is scaled back */
const LARGEST_UNIT = 2 ** 20
/** Less than that is forgotten when it is */
const FORGOTTEN = 2 ** -10

/**
 * How often things came, by a hash of 32 bits: what came one memory of lines ago counts 1 / e. It starts with room for 256 and doubles up to 2 ** bits; then
 * the least counts make room.
 */
export class FadingCounts {
  readonly #memory: number
  readonly #growth: number
  readonly #bits: number
  #hashes: Uint32Array
  #weights: Float64Array
  /** What one line of now weighs */
  #unit = 1
  /** The lines so far, faded */
  #total = 0

  constructor(memory: number, bits: number) {
    this.#memory = memory
    this.#growth = exp(1 / memory)
    this.#bits = bits
    this.#hashes = new Uint32Array(2 ** FIRST_BITS)
    this.#weights = new Float64Array(2 ** FIRST_BITS)
  }

  transfer(archive: Archive, name: string): void {
    this.#unit = archive.real(`${name}.unit`, this.#unit)
    this.#total = archive.real(`${name}.total`, this.#total)
    const bits = archive.integer(`${name}.bits`, Math.log2(this.#hashes.length), FIRST_BITS, this.#bits)
    if (this.#hashes.length !== 2 ** bits) this.#hashes = new Uint32Array(2 ** bits)
    archive.integers(`${name}.hashes`, this.#hashes)
    this.#weights = archive.values(`${name}.weights`, 'F64', [2 ** bits], this.#weights)
  }

  /** The next line: all counts fade */
  tick(): void {
    this.#total += 1 - this.#total / this.#memory
    this.#unit *= this.#growth
    if (this.#unit > LARGEST_UNIT) this.#rescale()
  }

  /** How often it came, faded */
  get(hash: number): number {
    const place = this.#find(hash)
    return place === -1 ? 0 : this.#weights[place]! / this.#unit
  }

  /** How rare it is among the lines, in bits: -log2 of its share, with half a time more than it came */
  rarity(hash: number): number {
    return -log((this.get(hash) + 0.5) / (this.#total + 1)) / Math.LN2
  }

  add(hash: number): void {
    let place = this.#find(hash)
    if (place === -1) {
      place = this.#roomFor(hash)
      this.#hashes[place] = keyOf(hash)
      this.#weights[place] = 0
    }
    this.#weights[place]! += this.#unit
  }

  #first(hash: number): number {
    return hash & (this.#hashes.length - WAYS)
  }

  #find(hash: number): number {
    const key = keyOf(hash)
    const first = this.#first(hash)
    for (let place = first; place < first + WAYS; place++) if (this.#hashes[place] === key) return place
    return -1
  }

  #roomFor(hash: number): number {
    const least = this.#least(this.#first(hash))
    if (this.#hashes[least] === 0 || this.#hashes.length === 2 ** this.#bits) return least
    this.#double()
    return this.#roomFor(hash)
  }

  /** A free place, or the one with the least count */
  #least(first: number): number {
    let least = first
    for (let place = first; place < first + WAYS; place++) {
      if (this.#hashes[place] === 0) return place
      if (this.#weights[place]! < this.#weights[least]!) least = place
    }
    return least
  }

  #double(): void {
    const [hashes, weights] = [this.#hashes, this.#weights]
    this.#hashes = new Uint32Array(2 * hashes.length)
    this.#weights = new Float64Array(2 * hashes.length)
    for (let i = 0; i < hashes.length; i++) if (hashes[i] !== 0) this.#put(hashes[i]!, weights[i]!)
  }

  #rescale(): void {
    const [hashes, weights, unit] = [this.#hashes, this.#weights, this.#unit]
    this.#hashes = new Uint32Array(hashes.length)
    this.#weights = new Float64Array(hashes.length)
    this.#unit = 1
    for (let i = 0; i < hashes.length; i++) if (weights[i]! / unit > FORGOTTEN) this.#put(hashes[i]!, weights[i]! / unit)
  }

  #put(hash: number, weight: number): void {
    const place = this.#least(this.#first(hash))
    this.#hashes[place] = hash
    this.#weights[place] = weight
  }
}

/** 0 marks a free place */
function keyOf(hash: number): number {
  return hash >>> 0 || 1
}
