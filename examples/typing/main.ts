/**
 * A typing predictor in a page: it learns what you type, in the page, and proposes how it may continue. Served by `npm run example:typing`.
 */
import { filter, fromEvent, map } from 'rxjs'
import { complete, createModel, Learner } from 'rxrnn'

const text = document.querySelector('textarea')!
const [completion, next, status] = ['completion', 'next', 'status'].map((id) => document.getElementById(id)!)
const learner = new Learner(createModel())

fromEvent<InputEvent>(text, 'input')
  .pipe(
    map(({ data, inputType }) => (inputType === 'insertLineBreak' ? '\n' : (data ?? ''))),
    filter((typed) => typed !== ''),
    map((typed) => learner.learn(typed)),
  )
  .subscribe((losses) => {
    const likely = learner.predict().next(5)
    next!.textContent = likely.map(([character, probability]) => `${character} ${Math.round(100 * probability)}%`).join('   ')
    status!.textContent = `${learner.offset} characters learned; the last one cost ${((losses.at(-1) ?? 0) / Math.LN2).toFixed(1)} bits`
    completion!.textContent = complete(learner, { length: 20 }).text
  })

fromEvent<KeyboardEvent>(text, 'keydown')
  .pipe(filter(({ key }) => key === 'Tab' && completion!.textContent !== ''))
  .subscribe((event) => {
    event.preventDefault()
    text.setRangeText(completion!.textContent ?? '', text.value.length, text.value.length, 'end')
    text.dispatchEvent(new InputEvent('input', { data: completion!.textContent }))
  })
