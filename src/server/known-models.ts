import { readdir } from 'node:fs/promises'
import { makeFolder } from '../../streams/files/make-folder.ts'
import { reasonOf } from '../../streams/reason.ts'
import { NAME } from '../../streams/websocket/protocol.ts'
import { OptionError } from '../text/option-error.ts'
import type { Route } from './route.ts'

/** Which shared models there are, so that nobody makes too many */
export class KnownModels {
  readonly #names: Set<string>
  readonly #most: number

  /** Makes the folder if it has to. Without one there are no shared models. Rejects with OptionError. */
  static async open(folder: string | undefined, most: number): Promise<KnownModels> {
    return folder === undefined ? new KnownModels([], 0) : new KnownModels(await namesIn(folder), most)
  }

  private constructor(names: readonly string[], most: number) {
    this.#names = new Set(names)
    this.#most = most
  }

  get names(): readonly string[] {
    return [...this.#names].sort()
  }

  /** The HTTP status with which a route is refused: 404 where there is no such model to watch, 507 where one more would be too many */
  refusal({ mode, name }: Route): number | undefined {
    if (name === undefined || this.#names.has(name)) return undefined
    if (mode === 'watch' || this.#most === 0) return 404
    return this.#names.size >= this.#most ? 507 : undefined
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  add(name: string): void {
    this.#names.add(name)
  }

  delete(name: string): void {
    this.#names.delete(name)
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const cannot = (work: string) => (error: Error) => {
    throw new OptionError('models', `models is ${folder}, but this folder cannot be ${work}: ${reasonOf(error)}; choose another one`)
  }
  await makeFolder(folder).catch(cannot('made'))
  return (await readdir(folder).catch(cannot('read'))).filter((name) => NAME.test(name))
}
