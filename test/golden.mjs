import { of } from 'rxjs'
import { createModel, digest, learn } from 'rxrnn'

const TEXT = `${'the quick brown fox; '.repeat(20)}größer 😀 \ud83d\0\n${'jumps over the lazy dog. '.repeat(20)}`

/** What `learnGolden` comes to, wherever it runs */
export const GOLDEN = {
  reference: { digest: '4dac070b72e42b6c8c43cee2217eef6b6f0734ef2a8bc1eb27fa782e100a0a1a', bits: 1997.3553568592026 },
  simd: { digest: '680501688b2cc5542410a89fb441b9a018df87824e61931c4beb63858b4da7f6', bits: 1997.35523718345 },
  referenceConducting: { digest: '0e9308fdd2bfb9fe78d8b4dd5dbe49c47b398d22b442e0af6b640b84a8961ca0', bits: 2619.400757548118 },
  simdConducting: { digest: '9422d28f35446771909000d9d7265e9c5b546caf3bb1827ec2ae716987a37315', bits: 2619.40082097756 },
}

/** What a pinned text makes of a pinned model, on both backends */
export function learnGolden(rxrnn = { createModel, digest, learn }) {
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
  return { digest: rxrnn.digest(model), bits }
}
