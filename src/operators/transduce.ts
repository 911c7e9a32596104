import { concat, concatMap, defer, from, type Observable } from 'rxjs'

/** Something that turns one value into any number of others, and may hold some back until the end */
export interface Transducer<In, Out> {
  push(value: In): Iterable<Out>
  flush(): Iterable<Out>
}

/** Runs a transducer of its own for each subscriber. Each output is handed on before the next one is computed. */
export function transduce<In, Out>(source: Observable<In>, create: () => Transducer<In, Out>): Observable<Out> {
  return defer(() => {
    const transducer = create()
    return concat(
      source.pipe(concatMap((value) => transducer.push(value))),
      defer(() => from(transducer.flush())),
    )
  })
}
