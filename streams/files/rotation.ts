import { readdir } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { type Identity, look, type Sight, sameFile } from './tailed-file.ts'

export interface Successor {
  /** The file that continues the current one, when it has something in it */
  readonly next: Sight | undefined
  /** What came between the two, and cannot be read as it is compressed */
  readonly compressed: readonly Sight[]
}

const COMPRESSED = /\.(gz|xz|bz2|zst|lz4|Z)$/
// .1, -20260131, .2026-01-31T10:00: a number or a date, and never the name of another log
const SUFFIX = /^[-._](?=.*\d)[\dTZ:_.-]+$/
const DATE = /(?:\d.*){6}/
const INDEX = /^\.([1-9]\d{0,4})$/

/** What to read after the end of a file: the oldest of the rotated files that is newer, and at last what now has the path */
export async function successorOf(path: string, current: Sight): Promise<Successor> {
  const live = await look(path)
  if (live !== undefined && sameFile(live, current)) return { next: undefined, compressed: [] }
  const rotated = await rotatedOf(path)
  const at = rotated.findIndex((file) => sameFile(file, current))
  const later = at === -1 ? rotated.filter(({ written }) => written > current.written) : rotated.slice(at + 1)
  if (live !== undefined) later.push(live)
  const next = later.find(({ path, size }) => size > 0 && !COMPRESSED.test(path))
  return { next, compressed: later.slice(0, next && later.indexOf(next)).filter(({ path }) => COMPRESSED.test(path)) }
}

/** Where a file that was left may be now, likeliest first: the same file under any name in its folder, then what may be a copy of it */
export async function candidatesFor(path: string, identity: Identity): Promise<readonly Sight[]> {
  const folder = dirname(path)
  const live = await lookAt([path])
  const same = (await lookAt((await namesIn(folder)).map((name) => join(folder, name)))).filter((file) => sameFile(file, identity))
  const copies = (await rotatedOf(path)).toReversed().filter((file) => !COMPRESSED.test(file.path))
  return [...same, ...[...live, ...copies].filter((file) => !sameFile(file, identity))]
}

/** What a rotation made of the file with this path, oldest first. It looks until it sees the same twice, for names move while it looks. */
async function rotatedOf(path: string): Promise<Sight[]> {
  for (let before = await lookAtRotated(path); ; ) {
    const files = await lookAtRotated(path)
    if (files.length === before.length && files.every((file, n) => sameFile(file, before[n]!) && file.path === before[n]!.path)) return files
    before = files
  }
}

async function lookAtRotated(path: string): Promise<Sight[]> {
  const folder = dirname(path)
  const base = basename(path)
  const suffixes = new Map<string, string>()
  for (const name of await namesIn(folder)) {
    const suffix = suffixOf(name, base)
    if (suffix !== undefined) suffixes.set(join(folder, name), suffix)
  }
  const indexOf = (file: Sight) => Number(INDEX.exec(suffixes.get(file.path) ?? '')?.[1])
  const files = await lookAt([...suffixes.keys()])
  // counted ones move up with each rotation; else the time tells, and where it does not, names with dates do
  if (files.every((file) => indexOf(file) > 0)) return files.sort((a, b) => indexOf(b) - indexOf(a))
  return files.sort((a, b) => Number(a.written - b.written) || (a.path < b.path ? -1 : 1))
}

/** What a rotation added to the name, before it was compressed: app.log.1 and app.log-20260131, or app-20260131.log */
function suffixOf(name: string, base: string): string | undefined {
  const plain = name.replace(COMPRESSED, '')
  const extension = extname(base)
  const stem = base.slice(0, base.length - extension.length)
  const after = plain.startsWith(base) ? plain.slice(base.length) : ''
  if (SUFFIX.test(after)) return after
  const between = plain.startsWith(stem) && plain.endsWith(extension) ? plain.slice(stem.length, plain.length - extension.length) : ''
  return SUFFIX.test(between) && DATE.test(between) ? between : undefined
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => [])
}

/** Those of the paths where a file is */
async function lookAt(paths: readonly string[]): Promise<Sight[]> {
  const files = await Promise.all(paths.map((path) => look(path).catch(() => undefined)))
  return files.filter((file) => file !== undefined)
}
