/**
 * The demonstration behind `npm run demo`: the log of a shop, learned as it comes. On a terminal it runs until stopped; elsewhere it ends by itself after
 * half a minute with a summary.
 */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const terminal = process.stdout.isTTY
const rxrnn = createRequire(import.meta.url).resolve('rxrnn/cli')
const serviceLog = fileURLToPath(import.meta.resolve('./service-log.js'))

console.error(`
  A shop's log, learned live, character by character: nothing was trained before. The darker a character's background, the more it surprised.
  At first everything does; soon only faults do. The same on your own text:  tail -F your.log | npx rxrnn

  ${terminal ? 'Ctrl-C ends it.' : 'No terminal here: this prints the lines that stand out, and ends after half a minute.'}
`)

const source = spawn(process.execPath, [serviceLog, '--history', '3000', '--rate', '12', ...(terminal ? [] : ['--seconds', '30'])], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const learner = spawn(process.execPath, [rxrnn, ...(terminal ? ['--color', 'always'] : ['--only-alerts']), '--summary'], {
  stdio: [source.stdout, 'inherit', 'inherit'],
})
source.stdout.destroy()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => learner.kill(signal))
learner.on('exit', (code) => {
  source.kill()
  process.exitCode = code === 130 ? 0 : (code ?? 1)
})
