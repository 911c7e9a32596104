/** Parts as one array */
export function joined(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Bytes that have arrived and were not read yet */
export class ByteQueue {
  #bytes: Uint8Array = new Uint8Array()
  #at = 0
  #ended = false

  /** No more bytes will come */
  get ended(): boolean {
    return this.#ended
  }

  get length(): number {
    return this.#bytes.length - this.#at
  }

  push(bytes: Uint8Array): void {
    this.#bytes = joined(this.#bytes.subarray(this.#at), bytes)
    this.#at = 0
  }

  end(): void {
    this.#ended = true
  }

  /** The next byte, of which there must be one */
  byte(): number {
    return this.#bytes[this.#at++]!
  }

  /** A copy of the next bytes, of which there must be so many */
  take(count: number): Uint8Array {
    const taken = this.#bytes.slice(this.#at, this.#at + count)
    this.#at += count
    return taken
  }
}
