import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isSystemError } from '../reason.ts'

/**
 * Makes a folder and those above it, where they are missing; those that it makes are for their owner only. Rejects with the system's error. It does not use
 * the `recursive` of `mkdir`, which tries forever where a file system takes no new folders, such as /proc.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if (await isFolder(folder)) return
    if (!isSystemError(error, 'ENOENT')) throw error
    if (await isFolder(dirname(folder))) throw new Error('its file system takes no new folders', { cause: error })
    await makeFolder(dirname(folder))
    await makeFolder(folder)
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
