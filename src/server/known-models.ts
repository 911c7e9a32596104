import { mkdirSync, readdirSync } from 'node:fs'
import { isSystemError, reasonOf } from '../../streams/reason.ts'
import { NAME } from '../../streams/websocket/protocol.ts'
import { OptionError } from '../text/option-error.ts'
import type { Route } from './route.ts'

/** Which shared models there are, so that nobody makes too many */
export class KnownModels {
  readonly #names: Set<string>
  readonly #most: number

  /** Makes the folder if it has to. Without one there are no shared models. Throws OptionError. */
  constructor(folder: string | undefined, most: number) {
    if (folder !== undefined) make(folder)
    this.#names = new Set(folder === undefined ? [] : readdirSync(folder).filter((name) => NAME.test(name)))
    this.#most = folder === undefined ? 0 : most
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

function make(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw isSystemError(error) ? new OptionError('models', `models is ${folder}, but this folder cannot be made: ${reasonOf(error)}`) : error
  }
}
