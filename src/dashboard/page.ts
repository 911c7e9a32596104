import { asyncScheduler, type Observable, Subject, type Subscription, throttleTime } from 'rxjs'
import type { StatsEvent } from '../alerts/events.ts'
import type { AlertVerdict } from '../alerts/pipeline.ts'
import type { TraceEvent } from '../inspect/trace.ts'
import { AlertsView } from './alerts-view.ts'
import { BarsView } from './bars-view.ts'
import { byId } from './dom.ts'
import { FactsView } from './facts-view.ts'
import { LossView } from './loss-view.ts'
import { PipelineView } from './pipeline-view.ts'
import { ProgressView } from './progress-view.ts'
import { SamplesView } from './samples-view.ts'
import type { PageEvent } from './source.ts'
import { TensorsView } from './tensors-view.ts'
import { TextView } from './text-view.ts'
import { UnitsView } from './units-view.ts'
import { WindowView } from './window-view.ts'
import { count } from './words.ts'

// milliseconds between two drawings of curves, which change slowly
const CURVES_APART = 250

/** All that shows what a learner does */
export class Page {
  readonly progress: ProgressView = new ProgressView(byId('progress', HTMLElement))
  readonly #text = new TextView(byId('text', HTMLElement), byId('inspector', HTMLElement))
  readonly #read = byId('read', HTMLElement)
  readonly #shade = byId('shade', HTMLSelectElement)
  readonly #bars = new BarsView(byId('next', HTMLElement))
  readonly #window = new WindowView(byId('window', HTMLElement), byId('window-summary', HTMLElement), byId('window-note', HTMLElement))
  readonly #drawer = byId('drawer', HTMLDetailsElement)
  readonly #pipeline = new PipelineView(byId('pipeline', HTMLElement))
  readonly #units = new UnitsView(byId('units', HTMLElement), byId('units-note', HTMLElement), (unit) => this.#choose(unit))
  readonly #tensors = new TensorsView(byId('tensors', HTMLElement), byId('tensors-note', HTMLElement))
  readonly #loss = new LossView(byId('chart', HTMLElement), byId('loss-summary', HTMLElement))
  readonly #facts = new FactsView(byId('facts', HTMLElement))
  readonly #samples = new SamplesView(byId('samples', HTMLElement))
  readonly #judged = new Subject<AlertVerdict>()
  /** What the reader says of alerts */
  readonly judged$: Observable<AlertVerdict> = this.#judged.asObservable()
  readonly #alerts = new AlertsView(byId('alerts', HTMLElement), byId('new-alerts', HTMLButtonElement), byId('quiet', HTMLElement), (verdict) =>
    this.#judged.next(verdict),
  )
  readonly #digest = byId('digest-value', HTMLElement)
  readonly #stats = new Subject<StatsEvent>()
  #curves: Subscription | undefined
  #gzip: TraceEvent['gzip'] = null
  #last: TraceEvent | undefined
  #isHeld = false

  constructor() {
    this.#shade.addEventListener('change', () => this.#watch(this.#shade.selectedIndex === 0 ? undefined : this.#shade.selectedIndex - 1))
    this.#drawer.addEventListener('toggle', () => this.#look())
  }

  /** For another learner */
  clear(): void {
    this.#samples.clear()
    this.#alerts.clear()
    this.#watch(undefined)
    this.#shade.replaceChildren(new Option('by surprise'))
    this.#shade.hidden = true
    this.startStream()
  }

  /** For another stream of the same model */
  startStream(): void {
    for (const view of [this.#text, this.#window, this.#pipeline, this.#units, this.#tensors, this.#loss, this.#facts, this.progress]) view.clear()
    this.#alerts.forget()
    this.#bars.show([])
    this.#digest.textContent = ''
    this.#read.textContent = ''
    this.#gzip = null
    this.#last = undefined
    this.#curves?.unsubscribe()
    this.#curves = this.#stats.pipe(throttleTime(CURVES_APART, asyncScheduler, { leading: true, trailing: true })).subscribe((stats) => {
      this.#loss.show()
      this.#facts.show(stats)
    })
  }

  /** Whether the reader can say what is useful */
  set canJudge(canJudge: boolean) {
    this.#alerts.canJudge = canJudge
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.progress.hold(isHeld)
  }

  /** Shows what came since the last frame; `sample` asks for a sample when it is time for one */
  show(events: readonly PageEvent[], sample: () => void): void {
    const traces = events.filter((event) => event.type === 'trace')
    const stats = events.findLast((event) => event.type === 'stats')
    for (const trace of traces) this.#alerts.remember(trace)
    for (const event of events) this.#showSingle(event)
    this.#alerts.settle()
    this.#text.show(traces)
    this.#window.show(traces, this.#isHeld)
    const last = traces.at(-1)
    if (last !== undefined) this.#showTrace(last)
    if (stats === undefined) return
    this.#read.textContent = `${count(stats.characters)} characters`
    this.#loss.add(stats, this.#gzip)
    this.#stats.next(stats)
    if (this.#samples.isDue(stats.characters)) sample()
  }

  #showTrace(trace: TraceEvent): void {
    this.#last = trace
    this.#gzip = trace.gzip
    this.#bars.show(trace.next)
    this.progress.show(trace)
    if (trace.detail !== undefined && this.#shade.length === 1) this.#offer(trace.detail.units)
    this.#look()
  }

  /** What is in the drawer costs nothing while it is closed */
  #look(): void {
    if (this.#last === undefined || !this.#drawer.open) return
    this.#pipeline.show(this.#last)
    this.#units.show(this.#last)
  }

  /** Lets the reader choose what shades the text */
  #offer(units: number): void {
    this.#shade.append(...Array.from({ length: units }, (_, unit) => new Option(`by unit ${unit}`)))
    this.#shade.hidden = false
  }

  /** Shows what a unit of the drawer responds to */
  #choose(unit: number): void {
    if (this.#shade.length === 1) return
    this.#watch(unit)
    byId('text', HTMLElement).scrollIntoView({ block: 'center' })
  }

  /** Shades the text by a unit, or by surprise */
  #watch(unit: number | undefined): void {
    this.#text.shadeBy(unit)
    this.#pipeline.unit = unit ?? 0
    this.#shade.selectedIndex = unit === undefined ? 0 : unit + 1
    byId('surprise-legend', HTMLElement).hidden = unit !== undefined
    byId('unit-legend', HTMLElement).hidden = unit === undefined
  }

  #showSingle(event: PageEvent): void {
    if (event.type === 'sample') this.#samples.show(event)
    else if (event.type === 'parameters') {
      this.#tensors.show(event)
      this.#pipeline.learned(event)
    } else if (event.type === 'digest') this.#digest.textContent = event.digest
    else if (event.type === 'line' && (event.alert || event.verdicts !== undefined)) this.#alerts.add(event)
  }
}
