import { open as openFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Writes a file that a crash at any moment leaves as it was or as it is to be: under a temporary name, flushed, renamed, and the folder flushed. It is
 * readable by its owner only. `open` is what opens files; `before` has its say before the file is
 * replaced. Rejects with the system's error; then the file is as it was.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  open: typeof openFile = openFile,
  before: () => Promise<void> = async () => {},
): Promise<void> {
  const temporary = `${path}.tmp`
  try {
    await writeFlushed(temporary, bytes, open)
    await before()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
  await flushFolder(dirname(path))
}

async function writeFlushed(path: string, bytes: Uint8Array, open: typeof openFile): Promise<void> {
  await rm(path, { force: true })
  // wx follows no link that somebody put there
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Windows cannot, and needs not */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await openFile(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
