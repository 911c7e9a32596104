import { join } from 'node:path'

const CACHE = join(import.meta.dirname, '../../node_modules/.cache/rxrnn')
// what the npm package `node` would install
const PACKAGE = `node-${process.platform}-${process.arch}`

const folderOf = (version: string) => join(CACHE, `node-${version}`)

/** Has npm fetch a Node once, unless it is there; succeeds when it is */
export function fetching(version: string): readonly [command: string, ...args: string[]] {
  return ['npm', 'install', '--prefix', folderOf(version), '--prefer-offline', '--ignore-scripts', `${PACKAGE}@${version}`]
}

/** The program that was fetched */
export function pathOf(version: string): string {
  return join(folderOf(version), 'node_modules', PACKAGE, 'bin/node')
}
