import { Injector, InjectionToken } from '@angular/core'
import * as rxrnn from 'rxrnn'
import { learnGolden } from './golden.mjs'

const RXRNN = new InjectionToken('rxrnn')

class LearningService {
  #rxrnn

  constructor(library) {
    this.#rxrnn = library
  }

  learn() {
    return learnGolden(this.#rxrnn)
  }
}

const injector = Injector.create({
  providers: [
    { provide: RXRNN, useValue: rxrnn },
    { provide: LearningService, deps: [RXRNN] },
  ],
})
console.log(JSON.stringify(injector.get(LearningService).learn()))
