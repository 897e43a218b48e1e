import { refusalOf, unreachable } from '../client/call-error.ts'
import { DeskClient } from '../client/desk-client.ts'

/** The desk's client for this page: of its own origin, with the token of the moment. */
export class PageClient {
  #token: string | null = null
  #client: DeskClient = clientOf(null)

  get desk(): DeskClient {
    return this.#client
  }

  /** The token for the calls to come; null forgets it. */
  use(token: string | null): void {
    this.#token = token
    this.#client = clientOf(token)
  }

  /** The person as a file for another program, as the desk words it. Throws DeskCallError. */
  async file(id: string, form: 'fhir' | 'his'): Promise<Blob> {
    if (form === 'fhir') {
      return new Blob([JSON.stringify(await this.#client.fhir(id), null, 2)], { type: 'application/fhir+json' })
    }
    const headers = { authorization: `Bearer ${this.#token}` }
    const response = await fetch(`/v1/readings/${encodeURIComponent(id)}/his`, { headers, cache: 'no-store' }).catch(
      cause => {
        throw unreachable(cause)
      },
    )
    if (!response.ok) throw await refusalOf(response)
    return await response.blob()
  }
}

function clientOf(token: string | null): DeskClient {
  return new DeskClient({
    url: location.origin,
    // What is to be forgotten is told to the desk even while the page goes away.
    fetch: (input, init) => fetch(input, init?.method === 'DELETE' ? { ...init, keepalive: true } : init),
    ...(token !== null && { token }),
  })
}
