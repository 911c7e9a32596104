/**
 * A pipe of a log: learns every line, and prints those that stand out as they come, with the place that surprised most.
 *
 *     node dist/examples/service-log.js --lines 3000 | node dist/examples/log.js
 *     tail -F app.log | node dist/examples/log.js
 */
import { filter } from 'rxjs'
import { calibrate, createModel, learn, learned, lines, passages, score, surprise } from 'rxrnn'
import { stdin } from 'rxrnn/node'

const ALERT_RATE = 0.01

stdin()
  .pipe(
    passages({ mask: ['timestamps', 'numbers'] }),
    learned(),
    learn(createModel()),
    surprise(),
    lines(),
    score(),
    calibrate({ alertRate: ALERT_RATE }),
    filter(({ alert }) => alert),
  )
  .subscribe(({ characters, percentile, peak }) => {
    const text = (from: number, to?: number) => String.fromCodePoint(...characters.subarray(from, to))
    const end = peak.start + peak.length
    console.log(`${percentile?.toFixed(1)}%  ${text(0, peak.start)}[${text(peak.start, end)}]${text(end)}`)
  })
