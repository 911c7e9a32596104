import type { Preset } from '../network/options.ts'

/** What a service is told, beside the options of its models */
export interface ServiceOptions {
  readonly host: string
  readonly port: number
  readonly origin: readonly string[]
  readonly tokenFile?: string
  readonly insecure?: true
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly models?: string
  readonly checkpointEvery: number
  readonly allowSampling?: true
  readonly presets: readonly Preset[]
  readonly workers: number
  readonly maxMessage: number
  readonly maxConnections: number
  readonly maxPerAddress: number
  readonly maxRate?: number
  readonly maxModels: number
  readonly maxProducers: number
  readonly keepProducers: number
  readonly trustProxy: readonly string[]
  readonly privateEvents?: true
  readonly verdicts?: true
  readonly idleTimeout: number
  readonly handshakeTimeout: number
  readonly responseTimeout: number
  readonly drainTimeout: number
  readonly logLevel: string
}
