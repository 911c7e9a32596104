/** The progress of one pass: bits per character so far and since the last row, at 1, 2, 4, 8 ... thousand characters */
export class ProgressTable {
  readonly #print: (row: string) => void
  readonly #now: () => number
  readonly #start: number
  #characters = 0
  #bits = 0
  #nextRow = 1000
  #lastCharacters = 0
  #lastBits = 0

  constructor(print: (row: string) => void, now: () => number = () => performance.now()) {
    this.#print = print
    this.#now = now
    this.#start = now()
    print(['characters', 'bits/char', 'bits/char', 'chars/s'].map(cell).join(''))
    print(['read', 'since start', 'since last', ''].map(cell).join(''))
  }

  get characters(): number {
    return this.#characters
  }

  get bits(): number {
    return this.#bits
  }

  get seconds(): number {
    return (this.#now() - this.#start) / 1000
  }

  add(losses: Iterable<number>): void {
    for (const nats of losses) {
      this.#characters += 1
      this.#bits += nats / Math.LN2
      if (this.#characters === this.#nextRow) {
        this.#row()
        this.#nextRow *= 2
      }
    }
  }

  /** The last row, unless it was just printed */
  end(): void {
    if (this.#characters > this.#lastCharacters) this.#row()
  }

  #row(): void {
    const sinceLast = (this.#bits - this.#lastBits) / (this.#characters - this.#lastCharacters)
    const figures = [
      this.#characters.toLocaleString('en'),
      (this.#bits / this.#characters).toFixed(3),
      sinceLast.toFixed(3),
      Math.round(this.#characters / this.seconds).toLocaleString('en'),
    ]
    this.#print(figures.map(cell).join(''))
    this.#lastCharacters = this.#characters
    this.#lastBits = this.#bits
  }
}

function cell(text: string): string {
  return text.padStart(13)
}
