import { of } from 'rxjs'
import { backward, createModel, encode, forward, learn, loss, type ModelOptions, predict, truncate, update } from 'rxrnn'
import { throughWebSocket } from 'rxrnn/websocket'

const options: Partial<ModelOptions> = { hidden: 16, seed: 1 }
const model = createModel({ preset: 'small', ...options })
const truncation = { every: 25, through: 25 }

of('at once')
  .pipe(learn(model))
  .subscribe(({ losses, prediction }) => [losses[0]?.toFixed(), prediction.top(1)[0]?.[1].toFixed()])

of('by stages')
  .pipe(encode(model.vocabulary), truncate(truncation), forward(model), loss(), backward(model), update(model.optimizer), predict(model))
  .subscribe(({ prediction }) => prediction.top(1))

of('elsewhere').pipe(throughWebSocket('ws://127.0.0.1/v1/learn')).subscribe()

// @ts-expect-error -- what was not scored cannot be sent back
of('in disorder').pipe(encode(model.vocabulary), truncate(truncation), backward(model))
