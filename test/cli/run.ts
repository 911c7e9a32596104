import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(import.meta.resolve('rxrnn/cli'))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stdoutBytes: Buffer
  readonly stderr: string
}

/** Runs the built command with that on its standard input, to the end */
export function rxrnn(args: readonly string[], input?: string | Uint8Array, environment?: Readonly<Record<string, string>>): Promise<Finished> {
  return runNode(main, args, input, environment)
}

/** The same of another program for Node */
export function runNode(
  program: string,
  args: readonly string[] = [],
  input: string | Uint8Array = '',
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [program, ...args], { env: { ...process.env, NO_COLOR: '', FORCE_COLOR: undefined, ...environment } })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      const stdoutBytes = Buffer.concat(stdout)
      resolve({ code, stdout: stdoutBytes.toString(), stdoutBytes, stderr: Buffer.concat(stderr).toString() })
    })
  })
}

/** The events of an NDJSON output */
export function eventsOf(stdout: string): readonly Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line))
}

/** Starts the built command and leaves it running, by way of another program if one is given */
export function startRxrnn(args: readonly string[], by: readonly string[] = []): ReturnType<typeof spawn> {
  const [program, ...rest] = [...by, process.execPath, main, ...args]
  return spawn(program!, rest, { stdio: ['pipe', 'pipe', 'pipe'] })
}
