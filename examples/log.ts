/**
 * A pipe of a log: learns every line, and prints those that stand out as they come, with the reason.
 *
 *     node dist/examples/service-log.js --lines 3000 | node dist/examples/log.js
 *     tail -F app.log | node dist/examples/log.js
 */
import { createModel, events } from 'rxrnn'
import { stdin } from 'rxrnn/node'

stdin()
  .pipe(events(createModel(), { types: ['line'], mask: ['timestamps', 'numbers'] }))
  .subscribe((event) => {
    if (event.type !== 'line' || event.reason === undefined) return
    console.log(`${event.percentile?.toFixed(1)}%  ${event.text}`)
    console.log(`       ${event.reason.text}`)
  })
