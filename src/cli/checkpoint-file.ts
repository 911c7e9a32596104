import { readFile, stat } from 'node:fs/promises'
import { latestCheckpoint } from '../../streams/checkpoint-store.ts'
import { FileError } from '../../streams/file.ts'
import { isSystemError } from '../../streams/reason.ts'
import { type Loaded, load } from '../checkpoint/checkpoint.ts'
import { hasher } from '../node/hasher.ts'

/** The bytes of a file. Errors with FileError. */
export async function readBytes(path: string): Promise<Uint8Array> {
  return inWords(path, readFile(path))
}

/** Loads a checkpoint, or the newest valid one of a folder. Errors with FileError and CheckpointError. */
export async function loadCheckpoint(path: string): Promise<Loaded> {
  if (!(await inWords(path, stat(path))).isDirectory()) return load(await readBytes(path), { hasher })
  const { found, refused } = await latestCheckpoint(path, (bytes) => load(bytes, { hasher }))
  if (found !== undefined) return found.value
  const [first] = refused
  throw new Error(first === undefined ? `there is no checkpoint in ${path}` : `no checkpoint in ${path} can be used: ${first.reason}`)
}

function inWords<T>(path: string, reading: Promise<T>): Promise<T> {
  return reading.catch((error: unknown) => {
    throw isSystemError(error) ? new FileError(path, error) : error
  })
}
