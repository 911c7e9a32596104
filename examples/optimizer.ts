/**
 * An optimizer of one's own in the place of the built-in one: Lookahead (https://arxiv.org/abs/1907.08610). Every five updates the parameters go halfway
 * back to where they were five updates before. A meter stands between two stages, too.
 *
 *     node dist/examples/service-log.js --lines 2000 | node dist/examples/optimizer.js
 */
import { type Observable, connect, forkJoin, last, pipe, scan } from 'rxjs'
import { backward, createModel, encode, forward, loss, type Model, type Optimizer, predict, truncate, update } from 'rxrnn'
import { stdin } from 'rxrnn/node'

const EVERY = 5
const SHARE = 0.5

function lookahead(model: Model): Optimizer {
  const inner = model.optimizer
  const slow = new Map<string, Float64Array>()
  return {
    get learningRate() {
      return inner.learningRate
    },
    get dropped() {
      return inner.dropped
    },
    get rollbacks() {
      return inner.rollbacks
    },
    apply() {
      const done = inner.apply()
      if (done.updates % EVERY !== 0) return done
      for (const name of model.parameterNames) {
        const fast = model.read(name)
        const before = slow.get(name) ?? fast
        const between = fast.map((value, i) => before[i]! + SHARE * (value - before[i]!))
        model.write(name, between)
        slow.set(name, between)
      }
      return done
    },
  }
}

/** Bits per character of a text, learned with that optimizer */
const learnWith = (optimizerOf: (model: Model) => Optimizer) => {
  // the alphabet of bytes never grows, so the parameters keep their shapes
  const model = createModel({ preset: 'min-char-rnn', optimizer: 'sgd', alphabet: 'bytes' })
  return pipe(
    (text$: Observable<Uint8Array>) => text$.pipe(encode(model.vocabulary), truncate(model.options), forward(model), loss()),
    backward(model),
    update(optimizerOf(model)),
    predict(model),
    scan((sum, { losses, offset }) => ({ nats: losses.reduce((a, b) => a + b, sum.nats), offset }), { nats: 0, offset: 0 }),
    last(),
  )
}

stdin()
  .pipe(connect((text$) => forkJoin({ sgd: text$.pipe(learnWith(({ optimizer }) => optimizer)), lookahead: text$.pipe(learnWith(lookahead)) })))
  .subscribe((results) => {
    for (const [name, { nats, offset }] of Object.entries(results))
      console.log(`${name}: ${(nats / Math.LN2 / offset).toFixed(3)} bits per character`)
  })
