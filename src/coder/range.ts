/*
 * A range coder (Martin 1979) on integers of 48 bits, which doubles hold exactly: intervals of a total up to 2 ** 28 lose less than 0.0001 bits each
 * to rounding. Encoder and decoder keep the same range, so they agree to the bit.
 */

const WHOLE = 2 ** 48
const BYTE = 2 ** 40
const CODE_BYTES = 6

/** Intervals to bytes. The carry runs back through the bytes, so they stay here until the end. */
export class RangeEncoder {
  readonly #bytes: number[] = []
  #low = 0
  #range = WHOLE

  /** Narrows to [start, start + frequency) of [0, total); total is at most 2 ** 28 */
  encode(start: number, frequency: number, total: number): void {
    const unit = Math.floor(this.#range / total)
    this.#low += unit * start
    this.#range = unit * frequency
    while (this.#range <= BYTE) {
      this.#shift()
      this.#range *= 256
    }
  }

  /** The fewest bytes that name what was encoded, when zeros follow them */
  finish(): Uint8Array {
    let step = WHOLE
    while (Math.ceil(this.#low / step) * step >= this.#low + this.#range) step /= 256
    this.#low = Math.ceil(this.#low / step) * step
    for (let i = 0; i < CODE_BYTES; i++) this.#shift()
    while (this.#bytes.at(-1) === 0) this.#bytes.pop()
    return Uint8Array.from(this.#bytes)
  }

  #shift(): void {
    if (this.#low >= WHOLE) {
      this.#carry()
      this.#low -= WHOLE
    }
    this.#bytes.push(Math.floor(this.#low / BYTE))
    this.#low = (this.#low % BYTE) * 256
  }

  #carry(): void {
    let last = this.#bytes.length - 1
    while (this.#bytes[last] === 255) this.#bytes[last--] = 0
    this.#bytes[last]! += 1
  }
}

/** Bytes back to intervals. For each: ask for the `position` in a total, find the interval that holds it, `narrow` to that. */
export class RangeDecoder {
  readonly #read: () => number
  #code = 0
  #range = WHOLE
  #unit = 1

  /** `read` gives the next byte, and zeros when there are no more */
  constructor(read: () => number) {
    this.#read = read
    for (let i = 0; i < CODE_BYTES; i++) this.#code = this.#code * 256 + read()
  }

  /** Where in [0, total) the encoded interval lies; not below total when the bytes were not written by an encoder of these totals */
  position(total: number): number {
    this.#unit = Math.floor(this.#range / total)
    return Math.floor(this.#code / this.#unit)
  }

  /** Narrows to the interval that holds the position just asked for. Reads at most 5 bytes. */
  narrow(start: number, frequency: number): void {
    this.#code -= this.#unit * start
    this.#range = this.#unit * frequency
    while (this.#range <= BYTE) {
      this.#code = this.#code * 256 + this.#read()
      this.#range *= 256
    }
  }
}
