import { unwatchFile, watchFile } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { type Observable, Subject } from 'rxjs'
import type { Certificate } from '../../streams/websocket/websocket-server.ts'
import { messageOf } from '../text/message-of.ts'
import { OptionError } from '../text/option-error.ts'
import { type Access, accessBy, readNow } from './access.ts'
import type { LogEntry } from './messages.ts'
import type { ServiceOptions } from './service-options.ts'

// milliseconds between two looks at whether the files have changed: also what is only linked, as secrets of containers are, changes then
const LOOK_AGAIN = 5000

/** Token, certificate and key, which are read again when their files change. What cannot be used changes nothing. */
export class Credentials {
  readonly #options: ServiceOptions
  readonly #log: (entry: LogEntry) => void
  readonly #renewed = new Subject<Certificate>()
  #access: Access
  readonly certificate: Certificate | undefined
  /** Those that replace `certificate` */
  readonly certificate$: Observable<Certificate> = this.#renewed.asObservable()

  /** Reads them. Throws FileError or OptionError. */
  constructor(options: ServiceOptions, log: (entry: LogEntry) => void) {
    this.#options = options
    this.#log = log
    this.#access = accessBy(options.tokenFile)
    this.certificate = this.#readCertificate()
  }

  get access(): Access {
    return (request) => this.#access(request)
  }

  /** Whether there is anything that can be read again */
  get any(): boolean {
    return this.#paths.length > 0
  }

  watch(): void {
    for (const path of this.#paths) watchFile(path, { interval: LOOK_AGAIN, persistent: false }, () => this.reload())
  }

  unwatch(): void {
    for (const path of this.#paths) unwatchFile(path)
  }

  /** Reads them again */
  reload(): void {
    try {
      this.#access = accessBy(this.#options.tokenFile)
      const certificate = this.#readCertificate()
      if (certificate !== undefined) this.#renewed.next(certificate)
      this.#log({ level: 'info', event: 'reloaded', message: 'certificate, key and token were read again' })
    } catch (error) {
      this.#log({
        level: 'error',
        event: 'reload-failed',
        reason: messageOf(error),
        message: 'continues with the certificate, key and token that it has',
      })
    }
  }

  get #paths(): readonly string[] {
    const { tokenFile, tlsCert, tlsKey } = this.#options
    return [tokenFile, tlsCert, tlsKey].filter((path) => path !== undefined)
  }

  #readCertificate(): Certificate | undefined {
    const { tlsCert, tlsKey } = this.#options
    if (tlsCert === undefined || tlsKey === undefined) return undefined
    const certificate = { cert: readNow(tlsCert), key: readNow(tlsKey) }
    try {
      createSecureContext(certificate)
    } catch (error) {
      // also while one is replaced and the other is not yet
      throw new OptionError('tlsCert', `tlsCert ${tlsCert} and tlsKey ${tlsKey} are not a certificate and its key, in PEM: ${messageOf(error)}`)
    }
    return certificate
  }
}
