/**
 * Continues after a crash: a process learns a log and kills itself with SIGKILL somewhere on the way; the next one resumes from the last checkpoint, and so
 * forth. The model that comes of it is that of a run that nothing stopped, to the bit.
 *
 *     node dist/examples/resume.js
 */
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asyncScheduler, from, tap } from 'rxjs'
import { checkpoint, createModel, digest, Learner, learn, load } from 'rxrnn'
import { CheckpointStore, latestCheckpoint } from 'rxrnn/node'

const CHUNK = 1000
const self = fileURLToPath(import.meta.url)
const [folder] = process.argv.slice(2)
if (folder === undefined) crashAndCompare()
else await learnAndCrash(folder, textOfShop())

function crashAndCompare(): void {
  const state = mkdtempSync(join(tmpdir(), 'rxrnn-resume-'))
  for (let status: number | null = null; status !== 0; ) status = spawnSync(process.execPath, [self, state], { stdio: 'inherit' }).status
  rmSync(state, { recursive: true })
  const learner = new Learner(createModel({ preset: 'small' }))
  learner.learn(textOfShop())
  learner.end()
  console.log(`never stopped: ${digest(learner.model)}`)
}

async function learnAndCrash(state: string, text: string): Promise<void> {
  const store = new CheckpointStore(state)
  await store.open()
  const saved = (await latestCheckpoint(state, (bytes) => load(bytes))).found?.value
  const model = saved?.model ?? createModel({ preset: 'small' })
  const start = saved?.stream?.offset ?? 0
  const crash = start + randomInt(30_000, 90_000)
  const chunks = Array.from({ length: Math.ceil((text.length - start) / CHUNK) }, (_, i) => text.slice(start + i * CHUNK, start + (i + 1) * CHUNK))
  from(chunks, asyncScheduler)
    .pipe(
      learn(model, { from: saved?.stream }),
      checkpoint({ every: 10_000, to: async (bytes, offset) => void (await store.write(offset, bytes)) }),
      tap(({ offset }) => {
        if (offset < crash) return
        console.log(`started at character ${start}, killed at ${offset}`)
        process.kill(process.pid, 'SIGKILL')
      }),
    )
    .subscribe({ complete: () => console.log(`started at character ${start}, came to the end: ${digest(model)}`) })
}

function textOfShop(): string {
  return spawnSync(process.execPath, [join(self, '../service-log.js'), '--lines', '4000'], { encoding: 'utf8' }).stdout
}
