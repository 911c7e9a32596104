import type { Archive } from '../archive.ts'

/** So many lines between two that are flagged leave them in one block */
const APART = 3

/** Which flagged lines of a stream belong together: a stack trace, a banner, a burst of one complaint */
export class Blocks {
  /** The offset of the first line of the last block; 0 before there is one */
  #group = 0
  /** Lines since the last flagged one */
  #quiet = 0

  transfer(archive: Archive): void {
    this.#group = archive.integer('block.group', this.#group, 0, Number.MAX_SAFE_INTEGER)
    this.#quiet = archive.integer('block.quiet', this.#quiet, 0, Number.MAX_SAFE_INTEGER)
  }

  /** The block of a line that ends at an offset, which is the offset of the block's first line; undefined for one that is not flagged */
  next(flagged: boolean, offset: number): number | undefined {
    if (!flagged) return void (this.#quiet += 1)
    if (this.#group === 0 || this.#quiet > APART) this.#group = offset
    this.#quiet = 0
    return this.#group
  }
}
