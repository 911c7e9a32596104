import { concat, defer, EMPTY, finalize, from, ignoreElements, merge, type OperatorFunction, Subject, tap } from 'rxjs'
import type { KeyedOutput, KeyedText, LearnFor } from './keyed-learner.ts'
import { assertResident, DEFAULT_RESIDENT, KeyedLearners, type ResidencyOptions } from './keyed-learners.ts'

/**
 * A learner a key, of which a bounded number is in memory. The ones that were used least recently are saved to the store, and restored to the bit when
 * their key speaks again: what comes of a key is what would come of its text alone. While a learner is restored, the texts of its key wait in the backlog
 * and other keys continue. When the source completes all are saved; what was learned since its key was saved is lost when the stream is unsubscribed or fails.
 * Throws OptionError; errors with BacklogError where the source does not wait for the backlog, and with what the store or a learner fails with.
 *
 *     source           --a1--b1--a2--b2--|
 *     keyed(learnFor)  --a1--b1--a2--b2--|     { key, output }, in the order of each key
 *
 *     text$.pipe(keyed((key, saved) => LineLearner.open({}, saved)))
 */
export function keyed<Out>(learnFor: LearnFor<Out>, options: ResidencyOptions = {}): OperatorFunction<KeyedText, KeyedOutput<Out>> {
  assertResident(options.resident ?? DEFAULT_RESIDENT)
  return (source) =>
    defer(() => {
      const outputs = new Subject<KeyedOutput<Out>>()
      const learners = new KeyedLearners(learnFor, options, {
        output: (key, output) => outputs.next({ key, output }),
        failed: (error) => outputs.error(error),
      })
      const closed$ = defer(() => {
        const closing = learners.close()
        return closing instanceof Promise ? from(closing) : EMPTY
      })
      const learned$ = concat(source.pipe(tap((text) => learners.learn(text))), closed$).pipe(
        ignoreElements(),
        tap({ complete: () => outputs.complete() }),
      )
      return merge(outputs, learned$).pipe(finalize(() => learners.dispose()))
    })
}
