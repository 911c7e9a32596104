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
    const joined = new Uint8Array(this.length + bytes.length)
    joined.set(this.#bytes.subarray(this.#at))
    joined.set(bytes, this.length)
    this.#bytes = joined
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
