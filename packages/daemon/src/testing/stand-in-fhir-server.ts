// Stands in for a FHIR server: takes transactions, checks them by the R4 definitions, keeps patients by their identifier.
import type { FhirBundle, Patient } from '../connectors/fhir/resources.ts'
import { r4Faults } from './fhir-r4.ts'
import { type Answer, type Seen, type StandIn, startStandIn } from './stand-in-server.ts'

export interface StandInFhir extends StandIn {
  readonly patients: readonly Patient[]
  /** How many Provenances were kept. */
  provenances(): number
}

/** Starts it; with a token, whoever lacks it is refused. */
export async function startStandInFhir(token?: string): Promise<StandInFhir> {
  const patients: Patient[] = []
  let provenances = 0

  const standIn = await startStandIn(seen => {
    if (token !== undefined && seen.headers.authorization !== `Bearer ${token}`) return outcome(401, 'login')
    if (seen.method !== 'POST' || seen.path !== '/fhir') return outcome(404, 'not-found')
    if (seen.headers['content-type'] !== 'application/fhir+json; charset=utf-8') return outcome(415, 'not-supported')
    return transact(seen)
  })

  function transact({ text }: Seen): Answer {
    const bundle = JSON.parse(text) as FhirBundle
    const faults = r4Faults(bundle)
    // As real servers do, with what they were sent in the text.
    if (faults.length > 0) return outcome(422, 'structure', `${faults.join('; ')} in ${text}`)
    const entry = bundle.entry.map(({ resource, request }) => {
      if (resource.resourceType === 'Provenance') {
        provenances++
        return { response: { status: '201 Created', location: `Provenance/${provenances}/_history/1` } }
      }
      const query = request.ifNoneExist ?? (request.method === 'PUT' ? request.url.split('?')[1] : undefined)
      const [system, value] = decodeURIComponent(query?.replace('identifier=', '') ?? '').split('|')
      const place = patients.findIndex(({ identifier }) =>
        identifier?.some(one => one.system === system && one.value === value),
      )
      if (place >= 0) {
        if (request.method === 'PUT') patients[place] = resource
        return { response: { status: '200 OK', location: `Patient/${place + 1}/_history/1` } }
      }
      patients.push(resource)
      return { response: { status: '201 Created', location: `Patient/${patients.length}/_history/1` } }
    })
    const body = { resourceType: 'Bundle', type: 'transaction-response', entry }
    return { body, contentType: 'application/fhir+json;charset=utf-8' }
  }

  return { ...standIn, patients, provenances: () => provenances }
}

function outcome(status: number, code: string, diagnostics = ''): Answer {
  const issue = [{ severity: 'error', code, diagnostics }]
  return { status, body: { resourceType: 'OperationOutcome', issue }, contentType: 'application/fhir+json' }
}
