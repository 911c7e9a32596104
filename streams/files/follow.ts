import { Observable } from 'rxjs'
import { Changes } from './changes.ts'
import { FileError } from './file.ts'
import { Pace, type PullOptions } from './pace.ts'
import { isSystemError, reasonOf } from '../reason.ts'
import { candidatesFor, type Family, familyOf, isCompressedAmong, namesChanged, olderThan } from './rotation.ts'
import { idOf, isCompressed, isReadable, type Piece, type Position, type Sight, sameFile, TailedFile } from './tailed-file.ts'

export interface Followed {
  readonly bytes: Uint8Array
  /** Where to resume after these bytes */
  readonly position: Position
}

export interface FollowNotice {
  /** It waits for a file, continued with another one, or something may be lost */
  readonly kind: 'waiting' | 'moved' | 'lost'
  readonly message: string
  /** With `lost`: so many bytes at least, as far as is known */
  readonly bytes?: number
}

export interface FollowOptions extends PullOptions {
  /** Continues after this position; at the start of the file unless given */
  readonly from?: Position | undefined
  /** Milliseconds after which it looks again though the system reported no change. Default 250. */
  readonly poll?: number
  /** Told what happens to the files */
  readonly report?: (notice: FollowNotice) => void
}

/**
 * The bytes of a file that grows and rotates, for as long as somebody listens: like `tail -F`, from its start. It waits for a file that is missing. It
 * reads no faster than the bytes are dealt with.
 *
 * When the file was renamed, its rest is read before the next one, and the next one is not begun before there is something in it, as long as the writer may
 * still hold the old one. Files that were rotated meanwhile are read in the order of their times, whatever their names, also when gzip compressed them. When the
 * file was copied and cut, the rest is read from the copy.
 * From a position it continues in the same way, whatever happened since; when the place is not to be found any more it says so and starts with the file that
 * is there.
 *
 * Errors with FileError when the path is no file or cannot be read, and with RangeError for an impossible position. It never completes.
 *
 *     follow('app.log').subscribe(({ bytes, position }) => ...)
 */
export function follow(path: string, { from, poll = 250, report = () => {}, ...pull }: FollowOptions = {}): Observable<Followed> {
  return new Observable((subscriber) => {
    const pace = new Pace(pull)
    const changes = new Changes(path, poll)
    const follower = new Follower(path, { from, report }, ({ bytes, positionAfter }) =>
      pace.deliver(
        bytes.length,
        (start, end) => subscriber.next({ bytes: bytes.subarray(start, end), position: positionAfter(end) }),
        () => subscriber.closed,
      ),
    )
    const run = async () => {
      for (; !subscriber.closed; await changes.next()) await follower.readUp()
    }
    run().catch((error: unknown) => {
      subscriber.error(isSystemError(error) ? new FileError(path, error) : error)
    })
    return () => {
      changes.close()
      // what is being read may wait for its receiver forever
      void follower.close()
    }
  })
}

// fewer bytes do not distinguish a copy from another file with the same start
const TELLING = 32
// a rotation that is under way hides files for a moment
const LOOKS = 3

/** Follows a file one look at a time: nothing happens but in `readUp` */
export class Follower {
  readonly #path: string
  readonly #report: (notice: FollowNotice) => void
  readonly #deliver: (piece: Piece) => Promise<void>
  #current: TailedFile | undefined
  /** After the last bytes that were delivered */
  #position: Position | undefined
  /** How often the place of the position was looked for in vain */
  #misses = 0
  /** What is not to be read, as it was there before the current file or was read: ids */
  #older: ReadonlySet<string> | undefined
  /** When names had last changed as it found itself in the live file, which it is as long as they do not change */
  #names: string | undefined
  #waiting = false
  #closed = false

  constructor(path: string, { from, report = () => {} }: Pick<FollowOptions, 'from' | 'report'>, deliver: (piece: Piece) => Promise<void>) {
    this.#path = path
    this.#report = report
    this.#deliver = deliver
    this.#position = from
  }

  /** Delivers all that is there now; to be called again when something may have changed */
  async readUp(): Promise<void> {
    if (this.#position !== undefined) checkPosition(this.#position)
    while (!this.#closed && (await this.#step()));
    if (this.#closed) await this.#current?.close()
  }

  close(): Promise<void> | undefined {
    this.#closed = true
    return this.#current?.close()
  }

  /** Whether there is more to do at once */
  async #step(): Promise<boolean> {
    const file = this.#current
    if (file === undefined) return this.#begin(await familyOf(this.#path))
    // first look, then read: so everything is read that was written here before the next file had anything in it
    const names = await namesChanged(this.#path).catch(() => undefined)
    const family = names !== undefined && names === this.#names ? undefined : await familyOf(this.#path)
    if ((await this.#drain(file)) === 'rewritten') {
      await this.#leave(file)
      return true
    }
    if (family === undefined) return false
    const now = await file.look()
    // what was cut before anything was read of it may have a copy that is to be read first
    const isLive = family.live !== undefined && sameFile(family.live, now) && file.position.offset > 0
    if (!isLive) return this.#moveOn(family, now)
    this.#older = idsOf(family.rotated)
    this.#names = names
    return false
  }

  async #drain(file: TailedFile): Promise<'end' | 'rewritten'> {
    for (;;) {
      const piece = await file.read()
      if (piece === 'rewritten') return piece
      if (piece !== 'end') await this.#deliver(piece)
      if (file.position.offset > 0) this.#position = file.position
      if (piece === 'end' || this.#closed) return 'end'
    }
  }

  /** Opens what continues the position; where nothing does, what is newer; without a position, the file that is there */
  async #begin(family: Family): Promise<boolean> {
    if (family.live === undefined) this.#waitFor(this.#path)
    const position = this.#position
    if (position !== undefined) {
      const found = await this.#continue(family, position)
      if (found !== undefined) {
        this.#older ??= idsOf(olderThan(family, await found.look()))
        this.#position = found.position
        this.#misses = 0
        this.#current = found
        return true
      }
      this.#misses += 1
      if (this.#misses < LOOKS) return false
    }
    this.#older ??= idsOf(family.rotated.filter(({ written }) => position?.written === undefined || written <= BigInt(position.written)))
    return this.#moveOn(family)
  }

  async #continue(family: Family, position: Position): Promise<TailedFile | undefined> {
    const mark = Buffer.from(position.mark, 'base64')
    for (const candidate of await candidatesFor(this.#path, family, position)) {
      if (!sameFile(candidate, position) && mark.length < TELLING) continue
      const file = await this.#open(candidate, position.offset, mark)
      if (file !== undefined) return file
    }
    return undefined
  }

  /** Opens the oldest of what came after the current file, if there is anything in it, and says what it cannot read */
  async #moveOn(family: Family, left?: Sight): Promise<boolean> {
    const later = this.#laterOf(family, left)
    const next = later.find(({ path, size }) => size > 0 && isReadable(path)) ?? (left === undefined ? family.live : undefined)
    const opened = next && (await this.#openNext(next))
    if (next === undefined || opened === undefined) return false
    const skipped = later.slice(0, Math.max(0, later.indexOf(next)))
    for (const { path, size } of skipped) {
      if (!isReadable(path)) this.#lost(`${path} was compressed before it was read: ${size} bytes and more may be lost`, size)
    }
    const old = this.#current
    if (old?.damage !== undefined) this.#lost(`${old.path} is damaged (${old.damage}): what follows its byte ${old.position.offset} may be lost`)
    if (left?.links === 0n && later[0] !== family.live && !isCompressedAmong(family.rotated, left)) {
      this.#lost(`${left.path} was deleted: what was rotated between it and ${later[0]!.path} may be lost`)
    }
    if (this.#misses > 0) this.#lostPlace(next)
    if (old !== undefined) {
      this.#report({ kind: 'moved', message: `continues with ${next.path}` })
      await this.#leave(old)
    }
    this.#older = new Set([...(this.#older ?? []), ...idsOf(skipped), ...(old ? [old.id] : [])])
    this.#misses = 0
    this.#current = opened
    return true
  }

  /** Oldest first. What was compressed is a file that was there before, unless it was written since. */
  #laterOf({ rotated, live }: Family, left?: Sight): readonly Sight[] {
    const readUntil = this.#position?.written
    const isNew = (file: Sight) => readUntil !== undefined && file.written > BigInt(readUntil)
    const later = rotated.filter((file) => !this.#older?.has(idOf(file)) && (!isCompressed(file.path) || isNew(file)))
    return [...later, ...(live ? [live] : [])].filter((file) => left === undefined || !sameFile(file, left))
  }

  /** At its start, or where it was left if it is a compressed copy of the current file */
  async #openNext(next: Sight): Promise<TailedFile | undefined> {
    const mark = Buffer.from(this.#position?.mark ?? '', 'base64')
    const copy = isCompressed(next.path) && mark.length >= TELLING ? await this.#open(next, this.#position?.offset, mark) : undefined
    return copy ?? this.#open(next)
  }

  /** Undefined as well when the file is gone or not readable: during a rotation that may pass */
  async #open(seen: Sight, offset?: number, mark?: Buffer): Promise<TailedFile | undefined> {
    try {
      const file = await TailedFile.open(seen, offset, mark, isCompressed(seen.path) && seen.path !== this.#path)
      if (file !== undefined) this.#waiting = false
      return file
    } catch (error) {
      if (!isSystemError(error, 'ENOENT', 'EACCES')) throw error
      if (error.code === 'EACCES') this.#waitFor(`${seen.path}: ${reasonOf(error)}`)
      return undefined
    }
  }

  async #leave(file: TailedFile): Promise<void> {
    this.#current = undefined
    this.#names = undefined
    await file.close()
  }

  /** Says so once, until a file was opened */
  #waitFor(what: string): void {
    if (!this.#waiting) this.#report({ kind: 'waiting', message: `waiting for ${what}` })
    this.#waiting = true
  }

  #lostPlace(next: Sight): void {
    const { offset, size } = this.#position!
    const bytes = Math.max(0, size - offset)
    const what = bytes === 0 ? `what followed byte ${offset}` : `at least ${bytes} bytes after byte ${offset}`
    const start = next.path === this.#path ? 'its beginning' : `the beginning of ${next.path}`
    this.#lost(`${this.#path} was replaced or cut: ${what} may be lost; starts at ${start}`, bytes)
  }

  #lost(message: string, bytes?: number): void {
    this.#report({ kind: 'lost', message, ...(bytes !== undefined && { bytes }) })
  }
}

function idsOf(files: readonly Sight[]): ReadonlySet<string> {
  return new Set(files.map(idOf))
}

function checkPosition({ offset, mark, written = '0' }: Position): void {
  if (!/^\d+$/.test(written)) throw new RangeError(`the time of a position is decimal digits, not ${written}`)
  if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`a position's offset is whole and not negative, not ${offset}`)
  if (Buffer.from(mark, 'base64').length > Math.min(offset, 128))
    throw new RangeError('the mark of a position is longer than its offset, or than 128 bytes')
}
