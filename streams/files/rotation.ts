import { readdir, readlink, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { idOf, isCompressed, look, type Position, plainNameOf, type Sight, sameFile } from './tailed-file.ts'

/** A followed file and what its rotations left, at one moment */
export interface Family {
  /** Oldest first */
  readonly rotated: readonly Sight[]
  /** What has the path */
  readonly live: Sight | undefined
}

// .1, -20260131, .2026-01-31T10:00: a number or a date, and never the name of another log
const SUFFIX = /^[-._](?=.*\d)[\dTZ:_.-]+$/
const DATE = /(?:\d.*){6}/
const INDEX = /\.([1-9]\d{0,4})$/
/** What a compressor may cut off the time that it copies */
const SECOND = 1_000_000_000n

/** When names last changed where the file is; undefined while that is so recent that the next change may have the same time */
export async function namesChanged(path: string): Promise<string | undefined> {
  const folders = (await basesOf(path)).map((base) => stat(dirname(base), { bigint: true }))
  const times = await Promise.all(folders.map((stats) => stats.then(({ mtimeNs }) => mtimeNs)))
  const now = BigInt(Math.floor(performance.timeOrigin + performance.now())) * 1_000_000n
  return times.every((time) => time < now - SECOND) ? times.join() : undefined
}

/** Looks until it sees the same twice, for names move while it looks */
export async function familyOf(path: string): Promise<Family> {
  for (let before = await lookAtRotated(path); ; ) {
    const files = await lookAtRotated(path)
    if (files.length === before.length && files.every((file, n) => sameFile(file, before[n]!) && file.path === before[n]!.path)) {
      // the live one last: all of these are older than it is if it has not changed
      const live = await look(path)
      return { live, rotated: files.filter((file) => live === undefined || !sameFile(file, live)) }
    }
    before = files
  }
}

/** Where a file that was left may be now, likeliest first: the same file under any name in its folder, then what may be a copy of it */
export async function candidatesFor(path: string, { rotated, live }: Family, position: Position): Promise<readonly Sight[]> {
  const folders = new Set((await basesOf(path)).map((base) => dirname(base)))
  const same = (await Promise.all(Array.from(folders, filesIn))).flat().filter((file) => sameFile(file, position))
  const copies = rotated.filter(({ written }) => position.written === undefined || written > BigInt(position.written) - SECOND)
  return [...same, ...(live ? [live] : []), ...copies].filter((file) => same.includes(file) || !sameFile(file, position))
}

/** Those that are older than a file, which is one of them or not: then it may have any name */
export function olderThan({ rotated, live }: Family, file: Sight): readonly Sight[] {
  if (live !== undefined && sameFile(live, file)) return rotated
  const at = rotated.findIndex((other) => sameFile(other, file))
  return at === -1 ? rotated.filter(({ written }) => written < file.written) : rotated.slice(0, at)
}

/** Whether a file that is gone is among them, compressed: compressors keep the time */
export function isCompressedAmong(files: readonly Sight[], { written }: Sight): boolean {
  return files.some((file) => isCompressed(file.path) && file.written <= written && file.written > written - SECOND)
}

async function lookAtRotated(path: string): Promise<Sight[]> {
  const found = new Map<string, Sight>()
  for (const base of await basesOf(path)) {
    const names = await namesIn(dirname(base))
    const rotated = names.filter((name) => isRotated(name, basename(base), base !== path) && !isInTheMaking(name, names))
    for (const file of await lookAt(rotated.map((name) => join(dirname(base), name)))) found.set(idOf(file), file)
  }
  return oldestFirst(Array.from(found.values()))
}

/** By time, not by name. Within one tick of the clock dates decide, or numbers: they fall with age unless the times of the others show that they rise. */
function oldestFirst(files: readonly Sight[]): Sight[] {
  const times = files
    .filter((file) => indexOf(file) > 0)
    .sort((a, b) => indexOf(a) - indexOf(b))
    .map(({ written }) => written)
  const rises = times.map((time, n) => Math.sign(Number(time - (times[n - 1] ?? time)))).reduce((sum, sign) => sum + sign, 0)
  const upwards = rises > 0 ? 1 : -1
  return files.toSorted((a, b) => Number(a.written - b.written) || upwards * (indexOf(a) - indexOf(b)) || (a.path < b.path ? -1 : 1))
}

function indexOf({ path }: Sight): number {
  return Number(INDEX.exec(plainNameOf(path))?.[1] ?? 0)
}

/** Its path and, if that is a symbolic link, where it leads, though nothing be there */
async function basesOf(path: string, hops = 8): Promise<readonly string[]> {
  const target = await readlink(path).catch(() => undefined)
  return [path, ...(target === undefined || hops === 0 ? [] : await basesOf(resolve(dirname(path), target), hops - 1))]
}

/** Whether a rotation made this name: app.log.1 and app.log-20260131, or app-20260131.log. A link may have led to any name that differs in its digits. */
function isRotated(name: string, base: string, linked: boolean): boolean {
  const plain = shapeOf(plainNameOf(name))
  const shape = shapeOf(base)
  if (plain === shape) return linked
  const extension = extname(shape)
  const stem = shape.slice(0, shape.length - extension.length)
  if (plain.startsWith(shape)) return SUFFIX.test(plain.slice(shape.length))
  const between = plain.startsWith(stem) && plain.endsWith(extension) ? plain.slice(stem.length, plain.length - extension.length) : ''
  return SUFFIX.test(between) && DATE.test(between)

  function shapeOf(text: string): string {
    return linked ? text.replace(/\d+/g, '0') : text
  }
}

/** The compressor removes its input at the end */
function isInTheMaking(name: string, names: readonly string[]): boolean {
  return isCompressed(name) && names.includes(plainNameOf(name))
}

async function filesIn(folder: string): Promise<Sight[]> {
  return lookAt((await namesIn(folder)).map((name) => join(folder, name)))
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => [])
}

/** Those of the paths where a file is */
async function lookAt(paths: readonly string[]): Promise<Sight[]> {
  const files = await Promise.all(paths.map((path) => look(path).catch(() => undefined)))
  return files.filter((file) => file !== undefined)
}
