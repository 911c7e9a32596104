import { of } from 'rxjs'
import { createModel, learn } from 'rxrnn'

const TEXT = `${'the quick brown fox; '.repeat(20)}größer 😀 \ud83d\0\n${'jumps over the lazy dog. '.repeat(20)}`

/** What `learnGolden` comes to, wherever it runs */
export const GOLDEN = {
  reference: { digest: '4dac070b72e42b6c8c43cee2217eef6b6f0734ef2a8bc1eb27fa782e100a0a1a', bits: 1997.3553568592026 },
  simd: { digest: '680501688b2cc5542410a89fb441b9a018df87824e61931c4beb63858b4da7f6', bits: 1997.35523718345 },
  referenceConducting: { digest: '4ac71e72944db0c891222127d97a5ea7b2768f60e658d05c02e02f453de8a5a2', bits: 2578.2431767282123 },
  simdConducting: { digest: '0978c4700b57f2f5d2b166bf06397991461e8ac0ff6820ee4a9997b5f207a7bb', bits: 2578.2432294333835 },
}

/** What a pinned text makes of a pinned model, on both backends */
export function learnGolden(rxrnn = { createModel, learn }) {
  return {
    reference: learnOn({ ...VANILLA, backend: 'reference' }, rxrnn),
    simd: learnOn({ ...VANILLA, backend: 'simd' }, rxrnn),
    referenceConducting: learnOn({ ...CONDUCTING, backend: 'reference' }, rxrnn),
    simdConducting: learnOn({ ...CONDUCTING, backend: 'simd' }, rxrnn),
  }
}

const VANILLA = { preset: 'min-char-rnn', hidden: 9, ngram: 2, tableBits: 6, every: 7, through: 12, seed: 42 }
const CONDUCTING = { hidden: 9, ngram: 3, tableBits: 6, conductorBits: 5, every: 7, through: 12, seed: 42 }

function learnOn(options, rxrnn) {
  const model = rxrnn.createModel(options)
  let bits = 0
  of(TEXT)
    .pipe(rxrnn.learn(model))
    .subscribe(({ losses }) => {
      for (const nats of losses) bits += nats / Math.LN2
    })
  return { digest: model.digest(), bits }
}
