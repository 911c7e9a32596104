import { existsSync } from 'node:fs'
import { mkdir, open as openFile, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Serial } from '../../src/async.ts'
import { assertLocked, type Lock, LockedError, lock } from './lock.ts'
import { reasonOf } from '../reason.ts'
import { replaceFile } from '../files/replace-file.ts'
import { messageOf } from '../../src/text/message-of.ts'

/** A checkpoint could not be written. `code` is the system's: ENOSPC, EROFS, EACCES ... What was saved before is untouched, and the next try may succeed. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: string

  constructor(folder: string, cause: NodeJS.ErrnoException) {
    super(`cannot save in ${folder}: ${reasonOf(cause)}`, { cause })
    this.code = cause.code ?? 'unknown'
  }
}

export interface StoreOptions {
  /** How many checkpoints stay, at least 1. Default 3. */
  readonly keep?: number
  /**
   * What opens files: for tests of a full disk
   * @internal
   */
  readonly open?: typeof openFile
}

const NAME = /^checkpoint-(\d{16})\.safetensors$/
const TEMPORARY = /^checkpoint-\d{16}\.safetensors\.tmp$/

/**
 * A folder of checkpoints that survives a crash at any moment: each is written under a temporary name, flushed, renamed, and the folder flushed, so that a
 * file with the name of a checkpoint is whole. Only one store of one process writes a folder at a time. Folder and files are readable by their owner only.
 *
 *     const store = new CheckpointStore('state')
 *     await store.open()
 *     await store.write(characters, bytes)
 *     await store.close()
 */
export class CheckpointStore {
  readonly folder: string
  readonly #keep: number
  readonly #open: typeof openFile
  readonly #serial = new Serial()
  #lock: Lock | undefined

  constructor(folder: string, options: StoreOptions = {}) {
    const { keep = 3, open = openFile } = options
    if (!Number.isSafeInteger(keep) || keep < 1) throw new RangeError(`keep must be a whole number from 1, not ${keep}`)
    this.folder = folder
    this.#keep = keep
    this.#open = open
  }

  /**
   * Makes the folder, locks it and sweeps away what a crash left half written. `write` does it too, but who resumes wants the lock before reading.
   * Rejects with LockedError or StoreError.
   */
  open(): Promise<void> {
    return this.#next(() => this.#prepare())
  }

  /**
   * Saves a checkpoint under a number, which orders them: the characters learned. Resolves with its path when it is safe on the disk, and removes all but
   * the last few with numbers up to this one. Writes asked for at once happen one after the other. Rejects with LockedError or StoreError.
   */
  async write(number: number, bytes: Uint8Array): Promise<string> {
    const path = join(this.folder, nameOf(number))
    return this.#next(async () => {
      await this.#prepare()
      await replaceFile(path, bytes, this.#open, () => assertLocked(this.folder))
      await this.#prune(number)
      return path
    })
  }

  /** Gives the folder free, once everything is written */
  close(): Promise<void> {
    return this.#next(async () => {
      await this.#lock?.release()
      this.#lock = undefined
    })
  }

  /** Runs after everything that was asked for before, whether that succeeded or not */
  #next<T>(work: () => Promise<T>): Promise<T> {
    return this.#serial.run(work).catch((error: unknown) => {
      throw error instanceof Error && !(error instanceof LockedError) ? new StoreError(this.folder, error) : error
    })
  }

  async #prepare(): Promise<void> {
    // one that was removed is made again
    if (this.#lock !== undefined && existsSync(this.folder)) return
    await this.#lock?.release()
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    this.#lock = await lock(this.folder)
    const names = await readdir(this.folder)
    await Promise.all(names.filter((name) => TEMPORARY.test(name)).map((name) => rm(join(this.folder, name), { force: true })))
  }

  /** Higher numbers, of a future that could not be read, neither count nor go */
  async #prune(newest: number): Promise<void> {
    const past = (await numbersIn(this.folder)).filter((number) => number <= newest)
    await Promise.all(past.slice(this.#keep).map((number) => rm(join(this.folder, nameOf(number)), { force: true })))
  }
}

export interface Refused {
  readonly path: string
  readonly reason: string
}

export interface Latest<T> {
  /** The newest checkpoint that is valid, if any */
  readonly found: { readonly path: string; readonly number: number; readonly value: T } | undefined
  /** The newer ones that are not, newest first */
  readonly refused: readonly Refused[]
}

/**
 * Finds the newest checkpoint that `validate` makes something of; one that it throws at is refused, and the one before it tried. A folder that is not there
 * has none. Writes nothing. Rejects with the system's error when the folder cannot be read.
 */
export async function latestCheckpoint<T>(folder: string, validate: (bytes: Uint8Array, path: string) => T | Promise<T>): Promise<Latest<T>> {
  const refused: Refused[] = []
  for (const number of await numbersIn(folder)) {
    const path = join(folder, nameOf(number))
    try {
      return { found: { path, number, value: await validate(await readRegular(path), path) }, refused }
    } catch (error) {
      refused.push({ path, reason: messageOf(error) })
    }
  }
  return { found: undefined, refused }
}

/** A pipe would never end, so nothing but a file is opened */
async function readRegular(path: string): Promise<Uint8Array> {
  if (!(await stat(path)).isFile()) throw new Error('it is not a file')
  return readFile(path)
}

/** The numbers of the checkpoints in a folder, newest first */
async function numbersIn(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const numbers = names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number)
  return numbers.filter((number) => Number.isSafeInteger(number)).sort((a, b) => b - a)
}

function nameOf(number: number): string {
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`a checkpoint's number is whole and not negative, not ${number}`)
  return `checkpoint-${String(number).padStart(16, '0')}.safetensors`
}
