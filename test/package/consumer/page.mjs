import { learnGolden } from './golden.mjs'

const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' })
const status = document.querySelector('#status')
worker.addEventListener('message', ({ data }) => {
  status.textContent = JSON.stringify({ page: learnGolden(), worker: data })
})
worker.addEventListener('error', ({ message }) => {
  status.textContent = `the worker failed: ${message}`
})
