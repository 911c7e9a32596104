/** What the scripts that try `rxrnn serve` share: a server in a process of its own, and what it takes */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const built = join(import.meta.dirname, '../dist/command/main.js')

// ticks of the processor's time in a second
const TICKS = 100

/** Starts a server and waits until it listens */
export async function startServer(args, main = built) {
  const child = spawn(process.execPath, [main, 'serve', '--port', '0', ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (chunk) => (log = (log + chunk).slice(-100_000)))
  const url = () => /wss?:\/\/[^\s"]+/.exec(log)?.[0]
  while (url() === undefined) {
    if (child.exitCode !== null) throw new Error(log)
    await Promise.race([once(child.stderr, 'data'), once(child, 'exit')])
  }
  const first = url()
  return {
    child,
    url: first,
    at: (path) => new URL(path, first).href,
    log: () => log,
    /** Mebibytes of memory in use, now or at the most */
    rss: (which = 'VmRSS') => Number(new RegExp(`${which}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024,
    /** Seconds of processor time that it has taken */
    processor() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ')
      return (Number(fields[11]) + Number(fields[12])) / TICKS
    },
    async stop(signal = 'SIGTERM') {
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
    },
  }
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Lines as a service logs them, the same for the same generator */
export function logLine(random) {
  const level = ['INFO ', 'INFO ', 'WARN ', 'DEBUG', 'ERROR'][random.next() % 5]
  return `${level} ${10 + (random.next() % 14)}:${10 + (random.next() % 50)} web-${random.next() % 4} GET /item/${random.next() % 1000} ${random.next() % 400}ms\n`
}

/** That share of the values is not above it */
export function percentile(values, share) {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}
