/** How many bytes gzip makes of so many characters */
export interface Gzipped {
  readonly characters: number
  readonly bytes: number
}

// bytes of text that are compressed together: on logs and sources of 4 MB the pieces came to 2% more than gzip -9 of the whole
const PIECE = 1 << 19
const FIRST = 200
// a piece that grows is compressed anew when the text is that much longer
const GROWTH = 1.25

/**
 * What gzip makes of a text as it grows, to compare a learner with. It is told in pieces of half a megabyte, each a gzip file of its own, so that the memory does
 * not depend on how long the text is; and beside what else is done, so that the figure comes a little later than the text.
 */
export class GzipFigure {
  #piece = new Uint8Array(4096)
  #length = 0
  #characters = 0
  /** What the pieces before this one came to */
  #before = 0
  #due = FIRST
  #busy = false
  #figure: Gzipped | undefined

  /** Undefined for the first characters */
  get figure(): Gzipped | undefined {
    return this.#figure
  }

  /** Records so many more characters, as bytes */
  add(bytes: Uint8Array, characters: number): void {
    this.#reserve(this.#length + bytes.length)
    this.#piece.set(bytes, this.#length)
    this.#length += bytes.length
    this.#characters += characters
    if (!this.#busy && this.#isDue()) void this.#measure()
  }

  #isDue(): boolean {
    return this.#length >= PIECE || this.#characters >= this.#due
  }

  #reserve(length: number): void {
    if (length <= this.#piece.length) return
    const longer = new Uint8Array(2 ** Math.ceil(Math.log2(length)))
    longer.set(this.#piece.subarray(0, this.#length))
    this.#piece = longer
  }

  async #measure(): Promise<void> {
    this.#busy = true
    while (this.#isDue()) await this.#compress()
    this.#busy = false
  }

  async #compress(): Promise<void> {
    const characters = this.#characters
    const piece = this.#piece.slice(0, this.#length)
    const isFull = this.#length >= PIECE
    if (isFull) this.#length = 0
    const bytes = this.#before + (await gzipLength(piece))
    if (isFull) this.#before = bytes
    this.#figure = { characters, bytes }
    this.#due = characters * GROWTH
  }
}

async function gzipLength(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const gzipped = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))
  return (await new Response(gzipped).arrayBuffer()).byteLength
}
