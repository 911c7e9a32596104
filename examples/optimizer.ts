/**
 * An optimizer of one's own in the place of the built-in one: Lookahead (https://arxiv.org/abs/1907.08610). Every five updates the parameters go halfway
 * back to where they were five updates before.
 *
 *     node dist/examples/service-log.js --lines 2000 | node dist/examples/optimizer.js
 */
import { type Observable, connect, forkJoin, last, pipe, scan } from 'rxjs'
import { createModel, learn, type Model, type OwnOptimizer } from 'rxrnn'
import { stdin } from 'rxrnn/node'

const EVERY = 5
const SHARE = 0.5

function lookahead(model: Model): OwnOptimizer {
  const inner = model.optimizer
  const slow = new Map<string, Float64Array>()
  return {
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
const learnWith = (optimizerOf: (model: Model) => OwnOptimizer) => {
  // the alphabet of bytes never grows, so the parameters keep their shapes
  const model = createModel({ preset: 'min-char-rnn', optimizer: 'sgd', alphabet: 'bytes' })
  return pipe(
    (text$: Observable<Uint8Array>) => text$.pipe(learn(model, { optimizer: optimizerOf(model) })),
    scan((sum, { bits, offset }) => ({ bits: bits.reduce((a, b) => a + b, sum.bits), offset }), { bits: 0, offset: 0 }),
    last(),
  )
}

stdin()
  .pipe(connect((text$) => forkJoin({ sgd: text$.pipe(learnWith(({ optimizer }) => optimizer)), lookahead: text$.pipe(learnWith(lookahead)) })))
  .subscribe((results) => {
    for (const [name, { bits, offset }] of Object.entries(results)) console.log(`${name}: ${(bits / offset).toFixed(3)} bits per character`)
  })
