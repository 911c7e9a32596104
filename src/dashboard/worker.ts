import { openSession, type Session, type ToWorker } from './session.ts'

/* The entry of the worker: a session a worker */

let session: Session | undefined

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'open') session = openSession(data.network, (message) => postMessage(message))
  else if (session !== undefined) act(session, data)
})

function act(session: Session, message: Exclude<ToWorker, { kind: 'open' }>): void {
  if (message.kind === 'text') session.text(message.text)
  else if (message.kind === 'step') session.step(message.to)
  else if (message.kind === 'sample') session.sample(message.length, message.temperature)
  else if (message.kind === 'tensors') session.tensors(message.wanted)
  else if (message.kind === 'judge') session.judge(message.verdict)
  else session[message.kind]()
}
