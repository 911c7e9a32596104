import { log } from '../kernels/reference/math.ts'
import type { Archive } from '../archive.ts'

/** The whole state of a generator: four unsigned 32-bit integers. */
export type RandomState = readonly [number, number, number, number]

/**
 * xoshiro128** (Blackman and Vigna 2018), seeded by splitmix32: small, fast, and with a state that a checkpoint can hold. Our own because the
 * numbers it gives are part of what "same seed, same numbers" promises.
 */
export class Random {
  #state: Uint32Array

  /** Starts from a seed, or resumes from a state. Throws RangeError for a state that no generator has. */
  constructor(seed: number | RandomState) {
    if (typeof seed !== 'number') assertState(seed)
    this.#state = Uint32Array.from(typeof seed === 'number' ? splitmix32(seed, 4) : seed)
  }

  get state(): RandomState {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state
    return [a, b, c, d]
  }

  /** @internal */
  transfer(archive: Archive): void {
    archive.integers('random', this.#state)
    assertState(this.state)
  }

  /** An integer from 0 to 2 ** 32 - 1 */
  next(): number {
    const s = this.#state
    const result = Math.imul(rotateLeft(Math.imul(s[1]!, 5), 7), 9) >>> 0
    const shifted = s[1]! << 9
    s[2]! ^= s[0]!
    s[3]! ^= s[1]!
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= shifted
    s[3] = rotateLeft(s[3]!, 11)
    return result
  }

  /** A number in [0, 1) with 53 random bits */
  uniform(): number {
    const high = this.next() >>> 5
    const low = this.next() >>> 6
    return (high * 2 ** 26 + low) / 2 ** 53
  }

  /** A draw from the normal distribution of mean 0 and deviation 1, by Marsaglia's polar method (only log and the exact square root are needed) */
  normal(): number {
    for (;;) {
      const u = 2 * this.uniform() - 1
      const v = 2 * this.uniform() - 1
      const s = u * u + v * v
      if (s > 0 && s < 1) return u * Math.sqrt((-2 * log(s)) / s)
    }
  }
}

/** All zeros would stay zeros forever */
function assertState(state: RandomState): void {
  if (state.length === 4 && state.every((word) => word >>> 0 === word) && state.some((word) => word !== 0)) return
  throw new RangeError(`[${state.join(', ')}] is no state of a generator: it must be four whole numbers from 0 to 4294967295, not all of them 0`)
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits))
}

function splitmix32(seed: number, count: number): number[] {
  let state = seed
  return Array.from({ length: count }, () => {
    state = (state + 0x9e3779b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  })
}
