import { readFileSync } from 'node:fs'
import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isSystemError } from '../reason.ts'

/** Another living process, or this one, holds the folder */
export class LockedError extends Error {
  override readonly name = 'LockedError'
  readonly pid: number

  constructor(folder: string, pid: number) {
    super(`${folder} is in use by process ${pid}${pid === process.pid ? ', which is this one' : ''}`)
    this.pid = pid
  }
}

export interface Lock {
  release(): Promise<void>
}

const NAME = /^\.lock-(\d+)-([0-9a-z-]+)$/
const ATTEMPTS = 4

/**
 * Keeps other processes of this machine away from a folder. Whoever wants it puts down a file named after its process and the moment that process started,
 * then looks for those of others: of two at the same time at least one sees the other, and goes back. The file of a dead process (kill -9) is swept away;
 * its name never comes back, so this can hit nobody else. Processes of another machine, or of a container that hides its processes, are not seen.
 *
 * Errors with LockedError, which names the process, or with the system's error when the folder cannot be written.
 */
export async function lock(folder: string): Promise<Lock> {
  const name = `.lock-${process.pid}-${startOf(process.pid)}`
  for (let attempt = 1; ; attempt++) {
    await claim(folder, name)
    const holder = await otherHolder(folder, name)
    if (holder === undefined) return { release: () => rm(join(folder, name), { force: true }) }
    await rm(join(folder, name), { force: true })
    if (attempt === ATTEMPTS) throw new LockedError(folder, holder)
    // two that saw each other come back at different times
    await new Promise((resolve) => setTimeout(resolve, 5 + (process.pid % 31)))
  }
}

async function claim(folder: string, name: string): Promise<void> {
  try {
    const file = await open(join(folder, name), 'wx', 0o600)
    await file.close()
  } catch (error) {
    throw isSystemError(error, 'EEXIST') ? new LockedError(folder, process.pid) : error
  }
}

/** The process id of another living holder, if any. Sweeps away what dead ones left. */
async function otherHolder(folder: string, own: string): Promise<number | undefined> {
  for (const name of await readdir(folder)) {
    const [, pid, start] = NAME.exec(name) ?? []
    if (name === own || pid === undefined) continue
    if (lives(Number(pid), start)) return Number(pid)
    await rm(join(folder, name), { force: true })
  }
  return undefined
}

function lives(pid: number, start: string | undefined): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (isSystemError(error, 'ESRCH')) return false
  }
  const now = startOf(pid)
  return now === UNKNOWN || now === start
}

const UNKNOWN = 'unknown'
const DEAD = 'dead'

/** When a process started: it tells apart two processes that got the same id. Unknown where there is no /proc. */
function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
    // after the name, which is in parentheses and may hold anything: state, and 19 fields on the start in clock ticks since the boot
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return fields[0] === 'Z' ? DEAD : `${boot}-${fields[19]}`
  } catch {
    return UNKNOWN
  }
}
