/**
 * A log with line feeds and the same without, through `watch`, in processor time. The ratio has to be 0.8 or more. One JSON line.
 *
 *     node bench/long-lines.mjs [--megabytes 10]
 */
import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { serviceLog } from './faults.mjs'

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '10' } } })
const size = Number(values.megabytes) * 1e6
const main = new URL('../dist/command/main.js', import.meta.url).pathname
const log = `${serviceLog(1, Math.ceil(size / 20)).join('\n')}\n`.slice(0, size)

const withLines = speedOf(log)
const without = speedOf(log.replaceAll('\n', ' '))
console.log(JSON.stringify({ characters: log.length, withLines, without, ratio: without / withLines }))

/** Characters a second of processor time */
function speedOf(input) {
  const timed = `TIMEFORMAT='%U %S'; time "${process.execPath}" "${main}" --preset small > /dev/null`
  const times = execFileSync('bash', ['-c', `{ ${timed}; } 2>&1`], { input, encoding: 'utf8' })
  return (
    input.length /
    times
      .trim()
      .split(' ')
      .reduce((sum, seconds) => sum + Number(seconds), 0)
  )
}
