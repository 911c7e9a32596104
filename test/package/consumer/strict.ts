import { of } from 'rxjs'
import { backward, createModel, encode, forward, learn, loss, type ModelOptions, predict, truncate, update } from 'rxrnn'
import { Backlog, type KeyedStore, keyed, LineLearner } from 'rxrnn/keyed'
import { softmax } from 'rxrnn/kernels'
import { RemoteLearner } from 'rxrnn/websocket'

const options: Partial<ModelOptions> = { hidden: 16, seed: 1 }
const model = createModel({ preset: 'small', ...options })
const checkpoints = new Map<string, Uint8Array>()
const memory: KeyedStore = { load: (key) => checkpoints.get(key), save: (key, bytes) => void checkpoints.set(key, bytes) }
const truncation = { every: 25, through: 25 }

of('at once')
  .pipe(learn(model))
  .subscribe(({ losses, prediction }) => [losses[0]?.toFixed(), prediction.top(1)[0]?.[1].toFixed()])

of('by stages')
  .pipe(encode(model.vocabulary), truncate(truncation), forward(model), loss(), backward(model), update(model.optimizer), predict(model))
  .subscribe(({ prediction }) => prediction.top(1))

of({ key: 'a', text: 'by key' })
  .pipe(keyed((_, saved) => LineLearner.open({}, saved), { store: memory, backlog: new Backlog() }))
  .subscribe(({ key, output }) => [key.length, output.score.toFixed()])

softmax(new Float64Array(2), Float64Array.of(1, 2), 2).toFixed()

of('elsewhere').subscribe(new RemoteLearner('ws://127.0.0.1/v1/learn'))

// @ts-expect-error -- what was not scored cannot be sent back
of('in disorder').pipe(encode(model.vocabulary), truncate(truncation), backward(model))
