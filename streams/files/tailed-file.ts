import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { isSystemError } from '../reason.ts'
import { Unpacked } from './unpacked.ts'

/** Which file it is, whatever its name */
export type Identity = Pick<Position, 'device' | 'inode'>

/** Where in which file reading may continue. It is plain JSON. */
export interface Position {
  /** Which file it is, whatever its name. Decimal digits: both may be above 2^53. */
  readonly device: string
  readonly inode: string
  /** Bytes of the file that were read */
  readonly offset: number
  /** The last of them, at most 128, in base64. They show whether it is still the same file, since systems reuse inodes */
  readonly mark: string
  /** Bytes that the file had when it was last read */
  readonly size: number
  /** When it was last written by then, in nanoseconds, as decimal digits. Without it, what was rotated since cannot be told from what is older. */
  readonly written?: string | undefined
}

/** A file as it was when somebody looked */
export interface Sight extends Identity {
  readonly path: string
  readonly size: number
  /** When it was last written, in nanoseconds */
  readonly written: bigint
  /** When it was made, 0 if the system does not know */
  readonly born: bigint
  /** Its names; 0 when it was deleted */
  readonly links: bigint
}

export interface Piece {
  readonly bytes: Uint8Array
  /** The position after so many of the bytes */
  readonly positionAfter: (count: number) => Position
}

const MARK = 128
const PIECE = 65536
const COMPRESSED = /\.(gz|xz|bz2|zst|lz4|Z)$/

export function isCompressed(path: string): boolean {
  return COMPRESSED.test(path)
}

/** Whether the content can be read: plain text, or what gzip made of it */
export function isReadable(path: string): boolean {
  return !isCompressed(path) || path.endsWith('.gz')
}

/** The name that it had before it was compressed */
export function plainNameOf(path: string): string {
  return path.replace(COMPRESSED, '')
}

/** Undefined when there is no such file. Rejects with the system's error, and with EISDIR for anything but a regular file: a pipe would block. */
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
  const { dev, ino, size, mtimeNs, birthtimeNs, nlink } = stats
  return { path, device: String(dev), inode: String(ino), size: Number(size), written: mtimeNs, born: birthtimeNs, links: nlink }
}

export function sameFile(a: Identity, b: Identity): boolean {
  return a.device === b.device && a.inode === b.inode
}

/** Not given again to another file, as an inode is */
export function idOf({ device, inode, born }: Sight): string {
  return `${device}:${inode}:${born}`
}

/** An open file that is read piece by piece as it grows. It stays the same file when it is renamed or removed. */
export class TailedFile {
  readonly path: string
  readonly #handle: FileHandle
  readonly #unpacked: Unpacked | undefined
  readonly #seen: Sight
  readonly #buffer: Buffer = Buffer.allocUnsafe(MARK + PIECE)
  #offset: number
  #mark: Buffer
  #size: number
  #written: bigint

  private constructor(handle: FileHandle, seen: Sight, offset: number, mark: Buffer, isPacked: boolean) {
    this.path = seen.path
    this.#handle = handle
    this.#unpacked = isPacked ? new Unpacked(handle) : undefined
    this.#seen = seen
    this.#offset = offset
    this.#mark = mark
    this.#size = seen.size
    this.#written = seen.written
  }

  /** Opens what was seen, at its start or after that mark. Undefined when something else has its name by now, or does not have the mark there. */
  static async open(seen: Sight, offset: number = 0, mark: Buffer = Buffer.alloc(0), isPacked: boolean = false): Promise<TailedFile | undefined> {
    const handle = await open(seen.path, 'r')
    const file = new TailedFile(handle, seen, offset, mark, isPacked)
    try {
      const now = await file.look()
      const isLongEnough = isPacked || now.size >= offset
      if (sameFile(now, seen) && isLongEnough && (await file.#fill(mark.length)) === mark.length && file.#marked()) return file
    } catch (error) {
      await file.close()
      throw error
    }
    await file.close()
    return undefined
  }

  get position(): Position {
    const { device, inode } = this.#seen
    return { device, inode, offset: this.#offset, mark: this.#mark.toString('base64'), size: this.#size, written: String(this.#written) }
  }

  /** Which file it is, as idOf has it */
  get id(): string {
    return idOf(this.#seen)
  }

  /** What is wrong with a compressed file, if its rest cannot be read */
  get damage(): string | undefined {
    return this.#unpacked?.damage
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
    const { size, written } = await this.look()
    const count = await this.#fill(known + PIECE)
    if (count < known || !this.#marked()) return 'rewritten'
    this.#written = written
    if (count === known) return 'end'
    this.#size = Math.max(size, this.#offset + count - known)
    return this.#take(Buffer.from(this.#buffer.subarray(0, count)))
  }

  close(): Promise<void> {
    this.#unpacked?.close()
    return this.#handle.close()
  }

  /** Reads from where the mark starts: what was read before and what is new come from one moment */
  async #fill(length: number): Promise<number> {
    const from = this.#offset - this.#mark.length
    if (this.#unpacked !== undefined) return this.#unpacked.read(this.#buffer, length, from)
    return (await this.#handle.read(this.#buffer, 0, length, from)).bytesRead
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
