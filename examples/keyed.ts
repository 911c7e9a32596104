/**
 * Many streams in one: each service of a log has a learner of its own, of which two are in memory and the others in a folder. Prints what stands out in
 * the stream that it is from.
 *
 *     node dist/examples/service-log.js --lines 3000 | node dist/examples/keyed.js
 *     node dist/examples/service-log.js --lines 3000 | node dist/examples/keyed.js state
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { filter, map } from 'rxjs'
import { Backlog, keyed, LineLearner } from 'rxrnn/keyed'
import { KeyFolder, pull } from 'rxrnn/node'

const [folder = mkdtempSync(join(tmpdir(), 'rxrnn-keyed-'))] = process.argv.slice(2)
const store = await KeyFolder.open(folder)
const backlog = new Backlog()

pull(createInterface(process.stdin), { ready: () => backlog.ready() })
  .pipe(
    map((line) => ({ key: serviceOf(line), text: `${line}\n` })),
    keyed((_, saved) => LineLearner.open({}, saved), { store, backlog, resident: 2 }),
    filter(({ output }) => output.alert),
  )
  .subscribe({
    next: ({ key, output }) => console.log(`${key.padEnd(6)}  ${output.text}`),
    complete: () => void store.close(),
  })

/** "08:00:02 INFO  web-3 GET /login 200 12ms" is of web-3 */
function serviceOf(line: string): string {
  return line.split(/\s+/)[2] ?? ''
}
