/**
 * A pipe of a log: learns every line, and prints those that stand out as they come, with the place that surprised most.
 *
 *     node dist/examples/service-log.js --lines 3000 | node dist/examples/log.js
 *     tail -F app.log | node dist/examples/log.js
 */
import { createModel, events } from 'rxrnn'
import { stdin } from 'rxrnn/node'

stdin()
  .pipe(events(createModel(), { types: ['line'], mask: ['timestamps', 'numbers'], explain: true }))
  .subscribe((event) => {
    if (event.type !== 'line' || event.explain === undefined) return
    const { percentile, text, explain } = event
    console.log(`${percentile?.toFixed(1)}%  ${text}`)
    console.log(`       after "${explain.after}" came "${explain.character}": ${explain.reason}`)
  })
