import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { open, readdir, rm, stat, utimes } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { hostname } from 'node:os'
import { join, relative } from 'node:path'
import { type Clock, systemClock } from '../clock.ts'
import { isSystemError } from '../reason.ts'

/** Another living process, or this one, holds the folder */
export class LockedError extends Error {
  override readonly name = 'LockedError'
  /** Its process id, as it sees it itself: in a container, or on another machine, it means nothing here */
  readonly pid: number

  constructor(folder: string, pid: number, where = '') {
    super(`${folder} is in use by process ${pid}${where}`)
    this.pid = pid
  }
}

export interface Lock {
  release(): Promise<void>
}

/** Process id, kernel, process namespace, and what makes the name unique */
const NAME = /^\.lock-(\d+)-([^-]+)-([^-]+)/
const ATTEMPTS = 4
/** Milliseconds between two signs of life, and without one until somebody on another machine is taken for dead */
const BEAT = 2000
const PATIENCE = 10_000
/** Bytes of a socket's path that every system takes */
const LONGEST_PATH = 100

const KERNEL = idOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')) ?? Buffer.from(hostname()).toString('hex')
const NAMESPACE = idOf(() => readlinkSync('/proc/self/ns/pid')) ?? 'none'
const OWN = `.lock-${process.pid}-${KERNEL}-${NAMESPACE}-`

/**
 * Keeps other processes away from a folder, those of other containers and of other machines, too. Whoever wants it listens on a socket in it with a name that
 * never comes again, then looks for those of others: of two at the same time at least one sees the other, and goes back.
 *
 * On one machine the kernel says who lives, whatever the container: the socket of a process that ended (kill -9) answers no more, and is swept away at once;
 * that of a process that stands still answers. Of another machine, or of this one before it was started anew, a socket means nothing; but who holds it
 * touches it, and is dead when nothing happens for ten seconds of the observer's own clock. One that only stood still finds out with `assertLocked`.
 *
 * Rejects with LockedError, which names the process, or with the system's error when the folder cannot be written.
 */
export async function lock(folder: string, clock: Clock = systemClock): Promise<Lock> {
  for (let attempt = 1; ; attempt++) {
    const own = OWN + randomBytes(8).toString('hex')
    const release = await claim(folder, own)
    const holder = await otherHolder(folder, own, clock).catch(async (error: unknown) => {
      await release()
      throw error
    })
    if (holder === undefined) return { release }
    await release()
    if (attempt === ATTEMPTS || isHere(holder) || partsOf(holder).kernel !== KERNEL) throw lockedBy(folder, holder)
    // two that saw each other come back at different times
    await clock.sleep(5 + randomInt(30))
  }
}

/** Rejects when this process does not hold the folder any more: it stood still, and somebody on another machine took it for dead */
export async function assertLocked(folder: string): Promise<void> {
  if ((await readdir(folder)).some((name) => name.startsWith(OWN))) return
  throw new Error('another process took the folder over while this one stood still; what it has learned since is not saved')
}

/** Listens; returns what ends that */
async function claim(folder: string, name: string): Promise<() => Promise<void>> {
  const path = join(folder, name)
  const held = heldHere.get(folder)
  if (held !== undefined) throw lockedBy(folder, held)
  heldHere.set(folder, name)
  const server = createServer((socket) => socket.destroy())
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), BEAT).unref()
  const release = async () => {
    clearInterval(beat)
    heldHere.delete(folder)
    await new Promise((resolve) => server.close(resolve))
    // a socket that nobody listens on holds nobody off: where it cannot be removed, the next holder does it
    await rm(path, { force: true }).catch(() => {})
  }
  try {
    await withSocketPath(folder, name, (socket) => listening(server, socket))
  } catch (error) {
    await release()
    throw error
  }
  return release
}

/** What this process holds: its own locks need no look at the folder */
const heldHere = new Map<string, string>()

const NO_SOCKETS = 'its file system takes no sockets, by which folders are locked; choose a folder on another one'

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (error) => reject(isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP') ? new Error(NO_SOCKETS, { cause: error }) : error))
    server.listen({ path, exclusive: true }, resolve).unref()
  })
}

/** The name of another living holder, if any. Sweeps away what dead ones left. */
async function otherHolder(folder: string, own: string, clock: Clock): Promise<string | undefined> {
  const others = (await readdir(folder)).filter((name) => name !== own && NAME.test(name))
  const lives = await Promise.all(others.map((name) => isAlive(folder, name, clock)))
  const dead = others.filter((_, i) => !lives[i])
  await Promise.all(dead.map((name) => rm(join(folder, name), { force: true })))
  return others.find((_, i) => lives[i])
}

async function isAlive(folder: string, name: string, clock: Clock): Promise<boolean> {
  if (partsOf(name).kernel === KERNEL) return withSocketPath(folder, name, answers)
  const path = join(folder, name)
  const before = await touchedAt(path)
  await clock.sleep(PATIENCE)
  return (await touchedAt(path)) !== before
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    // one that may not be asked, or has too many who ask, lives
    socket.once('error', (error) => resolve(!isSystemError(error, 'ECONNREFUSED', 'ENOENT')))
  })
}

/** Undefined when it is gone */
async function touchedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

/** A socket's path must be short: one that is not leads through the open folder */
async function withSocketPath<T>(folder: string, name: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = join(folder, name)
  const short = [path, relative('', path)].find((one) => Buffer.byteLength(one) <= LONGEST_PATH)
  if (short !== undefined) return use(short)
  const opened = await open(folder)
  try {
    return await use(`/proc/self/fd/${opened.fd}/${name}`)
  } finally {
    await opened.close()
  }
}

function lockedBy(folder: string, name: string): LockedError {
  const { pid, kernel, namespace } = partsOf(name)
  if (isHere(name)) return new LockedError(folder, pid, ', which is this one')
  if (kernel !== KERNEL) return new LockedError(folder, pid, ' of another machine')
  return new LockedError(folder, pid, namespace === NAMESPACE ? '' : ' of another container')
}

function isHere(name: string): boolean {
  return name.startsWith(OWN)
}

function partsOf(name: string): { readonly pid: number; readonly kernel: string; readonly namespace: string } {
  const [, pid = '', kernel = '', namespace = ''] = NAME.exec(name) ?? []
  return { pid: Number(pid), kernel, namespace }
}

/** What identifies something, as a part of a file's name; undefined where the system does not say */
function idOf(read: () => string): string | undefined {
  try {
    return read().replaceAll(/\W/g, '')
  } catch {
    return undefined
  }
}
