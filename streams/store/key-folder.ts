import { createHash } from 'node:crypto'
import { open as openFile, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StoreError } from './checkpoint-store.ts'
import { assertLocked, type Lock, lock } from './lock.ts'
import { isSystemError } from '../reason.ts'
import { makeFolder } from '../files/make-folder.ts'
import { replaceFile } from '../files/replace-file.ts'

/**
 * A folder with a checkpoint a key, for `keyed`. A file is named after the SHA-256 of its key, so a key may be any text; it survives a crash at any moment.
 * One process at a time writes a folder.
 *
 *     const store = await KeyFolder.open('state')
 *     text$.pipe(keyed(learnFor, { store }))
 */
export class KeyFolder {
  readonly folder: string
  readonly #lock: Lock | undefined

  /** Makes the folder and locks it. Rejects with LockedError or StoreError. */
  static async open(folder: string): Promise<KeyFolder> {
    await inWords(folder, makeFolder(folder))
    return new KeyFolder(folder, await lock(folder))
  }

  /** A folder that is there, and that somebody else has locked */
  static within(folder: string): KeyFolder {
    return new KeyFolder(folder, undefined)
  }

  private constructor(folder: string, lock: Lock | undefined) {
    this.folder = folder
    this.#lock = lock
  }

  /** Where the checkpoint of a key is */
  pathOf(key: string): string {
    const name = createHash('sha256').update(key).digest('hex')
    return join(this.folder, name.slice(0, 2), `${name}.safetensors`)
  }

  /** The bytes that were saved last, if any. Rejects with the system's error. */
  load(key: string): Promise<Uint8Array | undefined> {
    return readFile(this.pathOf(key)).catch((error: unknown) => {
      if (isSystemError(error, 'ENOENT')) return undefined
      throw error
    })
  }

  /** Resolves when the bytes are on the disk. Rejects with StoreError. */
  async save(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.pathOf(key)
    await inWords(this.folder, makeFolder(dirname(path)))
    await inWords(
      this.folder,
      replaceFile(path, bytes, openFile, () => assertLocked(this.folder)),
    )
  }

  async close(): Promise<void> {
    await this.#lock?.release()
  }
}

function inWords<T>(folder: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof Error ? new StoreError(folder, error) : error
  })
}
