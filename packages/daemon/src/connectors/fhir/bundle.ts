import { createHash } from 'node:crypto'
import type { ReadPerson } from '../../person.ts'
import type { FhirConfig } from '../config.ts'
import { fhirPatient } from './patient.ts'
import { provenances } from './provenance.ts'
import type { BundleEntry, FhirBundle, Patient } from './resources.ts'

/** A transaction of the Patient and its Provenances. The same reading gives the same bundle, byte for byte. `portrait`:
 * whether whoever asks may have it. */
export function fhirBundle(
  person: ReadPerson,
  given: { readonly config: FhirConfig; readonly portrait: boolean; readonly signed?: string },
): FhirBundle {
  const { config } = given
  const { patient, elements } = fhirPatient(person, {
    systems: config.systems,
    photo: given.portrait && config.photo,
  })
  const patientUrl = urnOf(person.requestId, 'Patient')
  const told = provenances(person, {
    patientUrl,
    elements,
    deviceName: config.deviceName,
    ...(given.signed === undefined ? {} : { signed: given.signed }),
  })
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    timestamp: person.at,
    entry: [
      { fullUrl: patientUrl, resource: patient, request: patientRequest(patient, config) },
      ...told.map(
        (resource, i): BundleEntry => ({
          fullUrl: urnOf(person.requestId, `Provenance ${i}`),
          resource,
          request: { method: 'POST', url: 'Provenance' },
        }),
      ),
    ],
  }
}

/** R4 §3.1.0.8.1 and §3.1.0.7.1: create unless there is one with this number, or update the one there is. */
function patientRequest(patient: Patient, config: FhirConfig): BundleEntry['request'] {
  const personal = patient.identifier?.find(({ id }) => id === 'personalNumber')
  if (personal === undefined) return { method: 'POST', url: 'Patient' }
  const query = `identifier=${queryPart(personal.system)}|${queryPart(personal.value)}`
  return config.patient === 'update'
    ? { method: 'PUT', url: `Patient?${query}` }
    : { method: 'POST', url: 'Patient', ifNoneExist: query }
}

/** Only what would end the value; colons and slashes stay, as in the specification's own examples. */
function queryPart(text: string): string {
  return text.replace(/[^\w.:/~-]/gu, sign => encodeURIComponent(sign))
}

/** A name that is the same each time the reading is exported. UUID version 8 (RFC 9562): our own bits, a hash. */
function urnOf(requestId: string, what: string): string {
  const hex = createHash('sha256').update(`cccd fhir ${what} ${requestId}`, 'utf8').digest('hex')
  const variant = '89ab'[Number.parseInt(hex[16] as string, 16) % 4]
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
