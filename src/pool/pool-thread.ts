import { parentPort, workerData } from 'node:worker_threads'
import { KeyFolder } from '../../streams/store/key-folder.ts'
import type { LineEvent } from '../alerts/events.ts'
import { Backlog } from '../keyed/backlog.ts'
import type { SourcePosition } from '../keyed/keyed-learner.ts'
import { KeyedLearners } from '../keyed/keyed-learners.ts'
import { LineLearner } from '../keyed/line-learner.ts'
import type { FromThread, ThreadSettings, ToThread } from './messages.ts'

/* The entry of a pool's thread. What goes wrong ends it: the pool starts another one, from the checkpoints. */

const { folder, resident, ...options }: ThreadSettings = workerData
const port = parentPort!
const post = (message: FromThread) => port.postMessage(message)
let events: LineEvent[] = []

const learners = new KeyedLearners(
  (_, saved) => LineLearner.open(options, saved),
  {
    store: KeyFolder.within(folder),
    resident,
    // the pool bounds what it sends
    backlog: new Backlog(Number.MAX_SAFE_INTEGER),
    saved: (key, position, resident) => post({ kind: 'saved', key, position, resident }),
  },
  { output: (_, event) => events.push(event), learned: ({ key, position }) => learned(key, position!), failed: fail },
)

port.on('message', (message: ToThread) => {
  if (message.kind === 'text') learners.learn(message.text)
  else saveAll(message.kind).catch(fail)
})

function learned(key: string, position: SourcePosition): void {
  post({ kind: 'learned', key, position, events })
  events = []
}

async function saveAll(kind: 'save' | 'close'): Promise<void> {
  if (kind === 'save') {
    await learners.save()
    post({ kind: 'allSaved' })
  } else {
    await learners.close()
    post({ kind: 'closed' })
  }
}

/** Outside of any promise, so that it ends the thread */
function fail(error: unknown): void {
  setImmediate(() => {
    throw error
  })
}
