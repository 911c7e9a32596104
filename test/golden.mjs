import { of } from 'rxjs'
import { createModel, learn } from 'rxrnn'

const TEXT = `${'the quick brown fox; '.repeat(20)}größer 😀 \ud83d\0\n${'jumps over the lazy dog. '.repeat(20)}`

/** What a pinned text makes of a pinned model: the same numbers wherever it runs */
export function golden(backend) {
  const model = createModel({ preset: 'min-char-rnn', hidden: 9, ngram: 2, tableBits: 6, every: 7, through: 12, seed: 42, backend })
  let bits = 0
  of(TEXT)
    .pipe(learn(model))
    .subscribe(({ losses }) => {
      for (const nats of losses) bits += nats / Math.LN2
    })
  return { digest: model.digest(), bits }
}
