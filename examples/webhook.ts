/**
 * Sends each line that stands out to a webhook, as a POST of JSON. While a line is on its way nothing more is read: a slow webhook holds up the log and
 * fills no memory.
 *
 *     tail -F app.log | node dist/examples/webhook.js http://127.0.0.1:9000/alerts
 */
import { defer, filter, firstValueFrom, retry } from 'rxjs'
import { createModel, type LearnerEvent, events } from 'rxrnn'
import { stdin } from 'rxrnn/node'

const [url] = process.argv.slice(2)
if (url === undefined) {
  console.error('usage: node dist/examples/webhook.js URL < app.log')
  process.exit(2)
}

const model = createModel()
let sent: Promise<void> | undefined

stdin({ ready: () => sent })
  .pipe(
    events(model, { types: ['line'] }),
    filter((event) => event.type === 'line' && event.alert),
  )
  .subscribe((event) => {
    sent = (sent ?? Promise.resolve()).then(() => post(url, event))
  })

/** Tries for half a minute; then the error ends the program, which read no further */
async function post(to: string, event: LearnerEvent): Promise<void> {
  const request$ = defer(async () => {
    const { ok, status } = await fetch(to, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) })
    if (!ok) throw new Error(`${to} answered ${status}`)
  })
  await firstValueFrom(request$.pipe(retry({ count: 30, delay: 1000 })))
  console.log(`sent: ${event.type === 'line' ? event.text : ''}`)
}
