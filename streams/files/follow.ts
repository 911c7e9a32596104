import { Observable, type Subscriber } from 'rxjs'
import { Changes } from './changes.ts'
import { FileError } from './file.ts'
import { Pace, type PullOptions } from './pace.ts'
import { isSystemError, reasonOf } from '../reason.ts'
import { candidatesFor, successorOf } from './rotation.ts'
import { look, type Position, type Sight, sameFile, TailedFile } from './tailed-file.ts'

export interface Followed {
  readonly bytes: Uint8Array
  /** Where to go on after these bytes */
  readonly position: Position
}

export interface FollowNotice {
  /** It waits for a file, went on with another one, or something may be lost */
  readonly kind: 'waiting' | 'moved' | 'lost'
  readonly message: string
  /** With `lost`: so many bytes at least, as far as is known */
  readonly bytes?: number
}

export interface FollowOptions extends PullOptions {
  /** Goes on after this position; at the start of the file unless given */
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
 * still hold the old one. Files that were rotated meanwhile are read in their order. When the file was copied and cut, the rest is read from the copy.
 * From a position it goes on in the same way, whatever happened since; when the place is not to be found any more it says so and starts with the file that
 * is there.
 *
 * Errors with FileError when the path is no file or cannot be read, and with RangeError for an impossible position. It never completes.
 *
 *     follow('app.log').subscribe(({ bytes, position }) => ...)
 */
export function follow(path: string, options: FollowOptions = {}): Observable<Followed> {
  return new Observable((subscriber) => {
    const follower = new Follower(path, options, subscriber)
    follower.run().catch((error: unknown) => {
      subscriber.error(isSystemError(error) ? new FileError(path, error) : error)
    })
    return () => follower.stop()
  })
}

// fewer bytes do not tell a copy from another file that starts alike
const TELLING = 32
// a rotation that is under way hides files for a moment
const LOOKS = 3

class Follower {
  readonly #path: string
  readonly #subscriber: Subscriber<Followed>
  readonly #from: Position | undefined
  readonly #pace: Pace
  readonly #changes: Changes
  readonly #report: (notice: FollowNotice) => void
  #current: TailedFile | undefined
  #waiting = false

  constructor(path: string, { from, poll = 250, report = () => {}, ...pull }: FollowOptions, subscriber: Subscriber<Followed>) {
    this.#path = path
    this.#subscriber = subscriber
    this.#from = from
    this.#pace = new Pace(pull)
    this.#changes = new Changes(path, poll)
    this.#report = report
  }

  async run(): Promise<void> {
    if (this.#from !== undefined) checkPosition(this.#from)
    this.#current = await this.#resume(this.#from)
    while (this.#current !== undefined) this.#current = await this.#readOn(this.#current)
  }

  stop(): void {
    this.#changes.close()
    // what is being read may wait for its receiver for ever
    void this.#current?.close()
  }

  get #stopped(): boolean {
    return this.#subscriber.closed
  }

  /** Reads a file to its end and gives the one to go on with; undefined when nobody listens any more */
  async #readOn(file: TailedFile): Promise<TailedFile | undefined> {
    try {
      for (;;) {
        // first look, then read: so everything is read that was written here before the next file had anything in it
        const { next, compressed } = await successorOf(this.#path, await file.look())
        const end = await this.#drain(file)
        if (this.#stopped) return undefined
        if (end === 'rewritten') return await this.#resume(file.position)
        const opened = next && (await this.#open(next))
        if (opened !== undefined) return this.#moved(opened, compressed)
        await this.#changes.next()
      }
    } finally {
      await file.close()
    }
  }

  async #drain(file: TailedFile): Promise<'end' | 'rewritten'> {
    for (;;) {
      const piece = await file.read()
      if (piece === 'end' || piece === 'rewritten') return piece
      const { bytes, positionAfter } = piece
      await this.#pace.deliver(
        bytes.length,
        (from, to) => this.#subscriber.next({ bytes: bytes.subarray(from, to), position: positionAfter(to) }),
        () => this.#stopped,
      )
      if (this.#stopped) return 'end'
    }
  }

  /** Opens what continues that position, or else the file that is there now, and waits for it; undefined when nobody listens any more */
  async #resume(position: Position | undefined): Promise<TailedFile | undefined> {
    for (let looks = 1; !this.#stopped; looks++) {
      const continued = position && (await this.#continue(position))
      if (continued !== undefined) return continued
      const live = await look(this.#path)
      const opened = live && (position === undefined || looks >= LOOKS) ? await this.#open(live) : undefined
      if (opened !== undefined) {
        if (position !== undefined) this.#lost(position)
        return opened
      }
      if (live === undefined) this.#waitFor(this.#path)
      await this.#changes.next()
    }
    return undefined
  }

  async #continue(position: Position): Promise<TailedFile | undefined> {
    const mark = Buffer.from(position.mark, 'base64')
    for (const candidate of await candidatesFor(this.#path, position)) {
      if (!sameFile(candidate, position) && mark.length < TELLING) continue
      const file = await this.#open(candidate, position.offset, mark)
      if (file !== undefined) return file
    }
    return undefined
  }

  /** Undefined as well when the file is gone or not readable: during a rotation that may pass */
  async #open(seen: Sight, offset?: number, mark?: Buffer): Promise<TailedFile | undefined> {
    try {
      const file = await TailedFile.open(seen, offset, mark)
      if (file !== undefined) this.#waiting = false
      return file
    } catch (error) {
      if (!isSystemError(error, 'ENOENT', 'EACCES')) throw error
      if (error.code === 'EACCES') this.#waitFor(`${seen.path}: ${reasonOf(error)}`)
      return undefined
    }
  }

  /** Says so once, until a file was opened */
  #waitFor(what: string): void {
    if (!this.#waiting) this.#report({ kind: 'waiting', message: `waiting for ${what}` })
    this.#waiting = true
  }

  #moved(file: TailedFile, compressed: readonly Sight[]): TailedFile {
    for (const { path, size } of compressed) {
      this.#report({ kind: 'lost', bytes: size, message: `${path} was compressed before it was read: ${size} bytes and more may be lost` })
    }
    this.#report({ kind: 'moved', message: `goes on with ${file.path}` })
    return file
  }

  #lost({ offset, size }: Position): void {
    const bytes = Math.max(0, size - offset)
    const what = bytes === 0 ? `what followed byte ${offset}` : `at least ${bytes} bytes after byte ${offset}`
    this.#report({ kind: 'lost', bytes, message: `${this.#path} was replaced or cut: ${what} may be lost; starts at its beginning` })
  }
}

function checkPosition({ offset, mark }: Position): void {
  if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`a position's offset is whole and not negative, not ${offset}`)
  if (Buffer.from(mark, 'base64').length > Math.min(offset, 128))
    throw new RangeError('the mark of a position is longer than its offset, or than 128 bytes')
}
