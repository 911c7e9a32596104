import type { Archive } from '../../archive.ts'
import { incompleteTail } from '../../text/incomplete.ts'

/** A line as it came */
export interface RawLine {
  /** Its bytes without its end; of a longer line the first 64 KiB */
  readonly bytes: Uint8Array
  /** Characters that were cut */
  readonly cut: number
  readonly end: '' | '\n' | '\r\n'
}

const KEPT = 65536
const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/** The lines of a stream, byte for byte, each kept until it is known what was learned of it */
export class RawLines {
  readonly #whole: RawLine[] = []
  #kept: Uint8Array[] = []
  #keptLength = 0
  #length = 0
  /** Characters that start beyond what is kept */
  #cut = 0
  #last = 0
  #beforeLast = 0

  push(bytes: Uint8Array): void {
    for (let from = 0, to = 0; from < bytes.length; from = to) {
      const end = bytes.indexOf(LINE_FEED, from) + 1
      to = end === 0 ? bytes.length : end
      this.#add(bytes.subarray(from, to))
      if (end > 0) this.#whole.push(this.#finish())
    }
  }

  /** The oldest line that was not taken yet; the one that has not ended when there is no other */
  take(): RawLine {
    return this.#whole.shift() ?? this.#finish()
  }

  /** The line that has not ended yet */
  get partial(): RawLine {
    const endLength = this.#last !== LINE_FEED ? 0 : this.#beforeLast === CARRIAGE_RETURN ? 2 : 1
    const all = Buffer.concat(this.#kept)
    const text = all.subarray(0, Math.min(all.length, this.#length - endLength))
    const torn = this.#length > all.length ? incompleteTail(text) : 0
    const endCut = endLength - (all.length - text.length)
    return {
      bytes: text.subarray(0, text.length - torn),
      cut: this.#cut - endCut + Number(torn > 0),
      end: endLength === 2 ? '\r\n' : endLength === 1 ? '\n' : '',
    }
  }

  /** Saves or loads the line that has not ended yet */
  transfer(archive: Archive): void {
    const count = (name: string, value: number) => archive.integer(`raw.${name}`, value, 0, Number.MAX_SAFE_INTEGER)
    const kept = Buffer.from(archive.text('raw.kept', Buffer.concat(this.#kept).toString('latin1'), KEPT), 'latin1')
    this.#kept = [kept]
    this.#keptLength = kept.length
    this.#length = count('length', this.#length)
    this.#cut = count('cut', this.#cut)
    this.#last = count('last', this.#last)
    this.#beforeLast = count('beforeLast', this.#beforeLast)
  }

  /** Forgets the bytes at the end that are no whole character yet: they will come again */
  dropIncomplete(): void {
    if (this.#length > this.#keptLength) return
    const kept = Buffer.concat(this.#kept)
    const whole = kept.subarray(0, kept.length - incompleteTail(kept))
    this.#kept = [whole]
    this.#keptLength = whole.length
    this.#length = whole.length
  }

  #add(piece: Uint8Array): void {
    const kept = Uint8Array.from(piece.subarray(0, KEPT - this.#keptLength))
    if (kept.length > 0) this.#kept.push(kept)
    this.#keptLength += kept.length
    this.#length += piece.length
    this.#cut += charactersIn(piece.subarray(kept.length))
    this.#beforeLast = piece.length > 1 ? piece[piece.length - 2]! : this.#last
    this.#last = piece[piece.length - 1]!
  }

  #finish(): RawLine {
    const line = this.partial
    this.#kept = []
    this.#keptLength = 0
    this.#length = 0
    this.#cut = 0
    this.#last = 0
    this.#beforeLast = 0
    return line
  }
}

/** Its text; what is not UTF-8 becomes U+FFFD */
export function rawText({ bytes }: RawLine): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

/** The characters that start in bytes of UTF-8 */
function charactersIn(bytes: Uint8Array): number {
  let count = 0
  for (const byte of bytes) if ((byte & 0xc0) !== 0x80) count += 1
  return count
}
