import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { isSystemError } from '../reason.ts'

/** Which file it is, whatever its name. Decimal digits: both may be above 2^53. */
export interface Identity {
  readonly device: string
  readonly inode: string
}

/** Where in which file reading may go on. It is plain JSON. */
export interface Position extends Identity {
  /** Bytes of the file that were read */
  readonly offset: number
  /** The last of them, at most 128, in base64: they tell whether it is still the same file, for systems use inodes again */
  readonly mark: string
  /** Bytes that the file had when it was last read */
  readonly size: number
}

/** A file as it was when somebody looked */
export interface Sight extends Identity {
  readonly path: string
  readonly size: number
  /** When it was last written, in nanoseconds */
  readonly written: bigint
}

export interface Piece {
  readonly bytes: Uint8Array
  /** The position after so many of the bytes */
  readonly positionAfter: (count: number) => Position
}

const MARK = 128
const PIECE = 65536

/** Undefined when nothing of that name is there. Errors with the system's error, and with EISDIR for what is no regular file: a pipe would block. */
export async function look(path: string): Promise<Sight | undefined> {
  try {
    return sightOf(path, await stat(path, { bigint: true }))
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

function sightOf(path: string, stats: BigIntStats): Sight {
  if (!stats.isFile()) throw Object.assign(new Error('it is not a regular file'), { code: stats.isDirectory() ? 'EISDIR' : 'ENOTSUP' })
  return { path, device: String(stats.dev), inode: String(stats.ino), size: Number(stats.size), written: stats.mtimeNs }
}

export function sameFile(a: Identity, b: Identity): boolean {
  return a.device === b.device && a.inode === b.inode
}

/** An open file that is read piece by piece as it grows. It stays the same file when it is renamed or removed. */
export class TailedFile {
  readonly path: string
  readonly #handle: FileHandle
  readonly #identity: Identity
  readonly #buffer: Buffer = Buffer.allocUnsafe(MARK + PIECE)
  #offset: number
  #mark: Buffer
  #size: number

  private constructor(handle: FileHandle, { path, device, inode, size }: Sight, offset: number, mark: Buffer) {
    this.path = path
    this.#handle = handle
    this.#identity = { device, inode }
    this.#offset = offset
    this.#mark = mark
    this.#size = size
  }

  /** Opens what was seen, at its start or after that mark. Undefined when something else has its name by now, or does not have the mark there. */
  static async open(seen: Sight, offset: number = 0, mark: Buffer = Buffer.alloc(0)): Promise<TailedFile | undefined> {
    const handle = await open(seen.path, 'r')
    const file = new TailedFile(handle, seen, offset, mark)
    try {
      const now = await file.look()
      if (sameFile(now, seen) && now.size >= offset && (await file.#fill(mark.length)) === mark.length && file.#marked()) return file
    } catch (error) {
      await handle.close()
      throw error
    }
    await handle.close()
    return undefined
  }

  get position(): Position {
    return { ...this.#identity, offset: this.#offset, mark: this.#mark.toString('base64'), size: this.#size }
  }

  async look(): Promise<Sight> {
    return sightOf(this.path, await this.#handle.stat({ bigint: true }))
  }

  /**
   * What follows, `end` when there is nothing more for now, or `rewritten` when the bytes before are no longer those that were read: the file was cut, or
   * written anew from its start.
   */
  async read(): Promise<Piece | 'end' | 'rewritten'> {
    const known = this.#mark.length
    const { size } = await this.look()
    const count = await this.#fill(known + PIECE)
    if (count < known || !this.#marked()) return 'rewritten'
    if (count === known) return 'end'
    this.#size = Math.max(size, this.#offset + count - known)
    return this.#take(Buffer.from(this.#buffer.subarray(0, count)))
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  /** Reads from where the mark starts: what was read before and what is new come from one moment */
  async #fill(length: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(this.#buffer, 0, length, this.#offset - this.#mark.length)
    return bytesRead
  }

  #marked(): boolean {
    return this.#mark.equals(this.#buffer.subarray(0, this.#mark.length))
  }

  #take(markAndBytes: Buffer): Piece {
    const known = this.#mark.length
    const before = this.position
    this.#offset += markAndBytes.length - known
    this.#mark = Buffer.from(lastOf(markAndBytes, markAndBytes.length))
    return {
      bytes: markAndBytes.subarray(known),
      positionAfter: (count) => ({ ...before, offset: before.offset + count, mark: lastOf(markAndBytes, known + count).toString('base64') }),
    }
  }
}

/** The mark after so many bytes */
function lastOf(bytes: Buffer, end: number): Buffer {
  return bytes.subarray(Math.max(0, end - MARK), end)
}
