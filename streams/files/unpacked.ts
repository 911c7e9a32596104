import type { FileHandle } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { messageOf } from '../../src/text/message-of.ts'

/** What is in a gzip file, read forwards only */
export class Unpacked {
  readonly #packed: Readable
  readonly #chunks: AsyncIterator<Buffer>
  /** What is unpacked and not behind yet, from that byte on */
  #window: Buffer = Buffer.alloc(0)
  #start = 0
  #damage: string | undefined

  constructor(handle: FileHandle) {
    // a stream of its own would close the file when it is damaged
    this.#packed = Readable.from(piecesOf(handle))
    const gunzip = createGunzip()
    this.#chunks = gunzip[Symbol.asyncIterator]()
    // its errors come out of the iterator, but may be there before anybody asks
    gunzip.on('error', () => {})
    pipeline(this.#packed, gunzip, () => {})
  }

  /** Why it ends before its end, if it does */
  get damage(): string | undefined {
    return this.#damage
  }

  /** Reads from a byte that is no earlier than in the last call; returns how many bytes it got */
  async read(buffer: Buffer, length: number, from: number): Promise<number> {
    for (let isMore = true; ; isMore = await this.#unpack()) {
      const behind = Math.min(from - this.#start, this.#window.length)
      this.#window = this.#window.subarray(behind)
      this.#start += behind
      if (!isMore || (this.#start === from && this.#window.length >= length)) return this.#start < from ? 0 : this.#window.copy(buffer, 0, 0, length)
    }
  }

  close(): void {
    this.#packed.destroy()
  }

  async #unpack(): Promise<boolean> {
    try {
      const { value, done } = await this.#chunks.next()
      if (done === true) return false
      this.#window = Buffer.concat([this.#window, value])
      return true
    } catch (error) {
      this.#damage = messageOf(error)
      return false
    }
  }
}

async function* piecesOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const { bytesRead, buffer } = await handle.read({ position: at })
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    at += bytesRead
  }
}
