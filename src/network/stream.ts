import type { Archive } from '../archive.ts'
import type { Place } from './segment.ts'
import type { Tape } from './tape.ts'

/** Where a stream stood when it was saved. It can be resumed from any number of times. */
export class StreamState implements Place {
  readonly last: number
  readonly pending: number
  readonly offset: number
  readonly vocabularySize: number
  readonly #archive: Archive

  /**
   * Loads from an archive in which `saveStream` left a stream of a model that knows V symbols
   * @internal
   */
  constructor(archive: Archive, V: number) {
    this.last = archive.integer('stream.last', 0, 0, V - 1)
    this.pending = archive.integer('stream.pending', 0, 0, Number.MAX_SAFE_INTEGER)
    this.offset = archive.integer('stream.offset', 0, 1, Number.MAX_SAFE_INTEGER)
    this.vocabularySize = V
    this.#archive = archive
  }

  /**
   * Makes a new tape stand where that of the stream stood
   * @internal
   */
  restore(tape: Tape): void {
    tape.transfer(this.#archive, this.vocabularySize)
    if (this.pending !== tape.pending) throw new RangeError(`the window holds ${tape.pending} pairs, and not ${this.pending}`)
  }
}

/** Saves where a stream stands: its tape, the symbol of its last character, and its characters so far */
export function saveStream(archive: Archive, tape: Tape, V: number, last: number, offset: number): void {
  archive.integer('stream.last', last, 0, V - 1)
  archive.integer('stream.pending', tape.pending, 0, Number.MAX_SAFE_INTEGER)
  archive.integer('stream.offset', offset, 1, Number.MAX_SAFE_INTEGER)
  tape.transfer(archive, V)
}
