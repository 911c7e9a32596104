import { of } from 'rxjs'
import { createModel, learn } from 'rxrnn'

const TEXT = `${'the quick brown fox; '.repeat(20)}größer 😀 \ud83d\0\n${'jumps over the lazy dog. '.repeat(20)}`

/** What `learnGolden` comes to, wherever it runs */
export const GOLDEN = {
  reference: { digest: '4dac070b72e42b6c8c43cee2217eef6b6f0734ef2a8bc1eb27fa782e100a0a1a', bits: 1997.3553568592026 },
  simd: { digest: '680501688b2cc5542410a89fb441b9a018df87824e61931c4beb63858b4da7f6', bits: 1997.35523718345 },
}

/** What a pinned text makes of a pinned model, on both backends */
export function learnGolden(rxrnn = { createModel, learn }) {
  return { reference: learnOn('reference', rxrnn), simd: learnOn('simd', rxrnn) }
}

function learnOn(backend, rxrnn) {
  const model = rxrnn.createModel({ preset: 'min-char-rnn', hidden: 9, ngram: 2, tableBits: 6, every: 7, through: 12, seed: 42, backend })
  let bits = 0
  of(TEXT)
    .pipe(rxrnn.learn(model))
    .subscribe(({ losses }) => {
      for (const nats of losses) bits += nats / Math.LN2
    })
  return { digest: model.digest(), bits }
}
