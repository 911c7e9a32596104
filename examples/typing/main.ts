/**
 * A typing predictor in a page: it learns what you type, in the page, and proposes how it may continue. Served by `npm run example:typing`.
 */
import { filter, fromEvent, map } from 'rxjs'
import { createModel, learn, sample } from 'rxrnn'

const text = document.querySelector('textarea')!
const [completion, next, status] = ['completion', 'next', 'status'].map((id) => document.getElementById(id)!)
const model = createModel()

fromEvent<InputEvent>(text, 'input')
  .pipe(
    map(({ data, inputType }) => (inputType === 'insertLineBreak' ? '\n' : (data ?? ''))),
    filter((typed) => typed !== ''),
    learn(model),
  )
  .subscribe(({ offset, bits, prediction }) => {
    const likely = prediction.next(5).map(([character, probability]) => `${character} ${Math.round(100 * probability)}%`)
    next!.textContent = likely.join('   ')
    status!.textContent = `${offset} characters learned; the last one cost ${bits.at(-1)?.toFixed(1)} bits`
    completion!.textContent = continuationOf(text.value)
  })

fromEvent<KeyboardEvent>(text, 'keydown')
  .pipe(filter(({ key }) => key === 'Tab' && completion!.textContent !== ''))
  .subscribe((event) => {
    event.preventDefault()
    text.setRangeText(completion!.textContent ?? '', text.value.length, text.value.length, 'end')
    text.dispatchEvent(new InputEvent('input', { data: completion!.textContent }))
  })

/** The likeliest characters to the end of the word; the model only reads the last line for that, and learns nothing */
function continuationOf(typed: string): string {
  const [line = ''] = typed.split('\n').slice(-1)
  const [word = ''] = /^\s*\S*/.exec([...sample(model, { prime: line, topK: 1, length: 20 })].join('')) ?? []
  return word
}
