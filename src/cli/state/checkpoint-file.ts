import { readFile, stat } from 'node:fs/promises'
import { FileError } from '../../../streams/files/file.ts'
import { isSystemError } from '../../../streams/reason.ts'
import { type Loaded, load } from '../../checkpoint/checkpoint.ts'
import { CheckpointError } from '../../checkpoint/error.ts'
import { type FoundCheckpoint, newestCheckpoint } from '../../storage/checkpoint-folder.ts'

/** The bytes of a file. Rejects with FileError. */
export async function readBytes(path: string): Promise<Uint8Array> {
  return inWords(path, readFile(path))
}

/** Loads a checkpoint, or the newest valid one of a folder. `note` receives the skipped ones. Rejects with FileError or CheckpointError. */
export async function loadCheckpoint(path: string, note: (text: string) => void): Promise<Loaded> {
  if (!(await isFolder(path))) return namingFile(path, load(await readBytes(path)))
  return (await newestIn(path, note)).value
}

/** The file of a checkpoint, or that of the newest valid one of a folder. `note` receives the skipped ones. Rejects with FileError or CheckpointError. */
export async function checkpointFile(path: string, note: (text: string) => void): Promise<string> {
  if (!(await isFolder(path))) return path
  const found = await newestIn(path, note)
  found.value.model.dispose()
  return found.path
}

async function isFolder(path: string): Promise<boolean> {
  return (await inWords(path, stat(path))).isDirectory()
}

async function newestIn(folder: string, note: (text: string) => void): Promise<FoundCheckpoint> {
  const found = await newestCheckpoint(folder, note)
  if (found === undefined) throw new Error(`there is no checkpoint in ${folder}`)
  return found
}

/** What is wrong with a checkpoint, with the name of its file */
export function namingFile<T>(path: string, loading: Promise<T>): Promise<T> {
  return loading.catch((error: unknown) => {
    throw error instanceof CheckpointError ? new CheckpointError(`${path} is not a valid checkpoint: ${error.message}`, { cause: error }) : error
  })
}

function inWords<T>(path: string, reading: Promise<T>): Promise<T> {
  return reading.catch((error: unknown) => {
    throw isSystemError(error) ? new FileError(path, error) : error
  })
}
