import { isSystemError } from '../../../streams/reason.ts'

/** Loads what a command needs beside the package itself. Rejects with a readable message when that package is not installed. */
export async function needing<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const isMissing = isSystemError(error, 'ERR_MODULE_NOT_FOUND') && error.message.includes(`'${name}'`)
    throw isMissing ? new Error(`this needs the package ${name}, which is not installed: npm install ${name}`) : error
  }
}
