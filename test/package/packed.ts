import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import manifest from '../../package.json' with { type: 'json' }

const ROOT = join(import.meta.dirname, '../..')
const run = promisify(execFile)

/** The package as npm would publish it, and a folder of somebody who has installed it with other packages */
export class Packed {
  static async with(...packages: readonly string[]): Promise<Packed> {
    const folder = await mkdtemp(join(tmpdir(), 'rxrnn-package-'))
    const packed = new Packed(folder)
    await packed.#prepare(packages)
    return packed
  }

  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  get tarball(): string {
    return join(this.folder, `rxrnn-${manifest.version}.tgz`)
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  /** What a program says, run in the folder; throws with what it said when it fails */
  async run(program: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run(program, args, { cwd: this.folder }).catch((error: Error & { stdout: string }) => {
      throw new Error(`${error.message}\n${error.stdout}`, { cause: error })
    })
    return stdout
  }

  /** One of our own development tools, run in the folder */
  tool(name: string, ...args: readonly string[]): Promise<string> {
    return this.run(join(ROOT, 'node_modules/.bin', name), ...args)
  }

  /** Has npm install packages, as its user would */
  async install(...packages: readonly string[]): Promise<void> {
    await this.run('npm', 'install', '--prefer-offline', '--ignore-scripts', ...packages)
  }

  async #prepare(packages: readonly string[]): Promise<void> {
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', this.folder], { cwd: ROOT })
    await cp(join(import.meta.dirname, 'consumer'), this.folder, { recursive: true })
    await cp(join(ROOT, 'test/golden.mjs'), join(this.folder, 'golden.mjs'))
    await writeFile(join(this.folder, 'package.json'), '{ "private": true }')
    await this.install(this.tarball, ...packages)
  }
}
