/** The parts of HL7 FHIR R4 (4.0.1) that the desk writes; everything else of the resources is left out. */

export interface Coding {
  readonly system: string
  readonly code: string
  readonly display?: string
}

export interface CodeableConcept {
  readonly coding: readonly Coding[]
  readonly text?: string
}

export interface Extension {
  readonly url: string
  readonly extension?: readonly Extension[]
  readonly valueCode?: string
  readonly valueString?: string
  readonly valueUri?: string
}

export interface Identifier {
  readonly id: string
  readonly use: 'official' | 'secondary'
  readonly type: CodeableConcept
  readonly system: string
  readonly value: string
}

export interface Patient {
  readonly resourceType: 'Patient'
  readonly identifier?: readonly Identifier[]
  readonly name?: readonly {
    readonly id: string
    readonly use: 'official'
    readonly text: string
    readonly family?: string
    readonly given?: readonly string[]
  }[]
  readonly gender?: 'male' | 'female' | 'unknown'
  readonly _gender?: { readonly id: string }
  readonly birthDate?: string
  readonly _birthDate?: { readonly id: string }
  readonly address?: readonly { readonly id: string; readonly use: 'home'; readonly text: string }[]
  readonly photo?: readonly { readonly id: string; readonly contentType: string; readonly data: string }[]
}

export interface Provenance {
  readonly resourceType: 'Provenance'
  readonly extension?: readonly Extension[]
  readonly target: readonly { readonly extension?: readonly Extension[]; readonly reference: string }[]
  readonly occurredDateTime: string
  readonly recorded: string
  readonly policy?: readonly string[]
  readonly activity: CodeableConcept
  readonly agent: readonly { readonly type: CodeableConcept; readonly who: { readonly display: string } }[]
  readonly entity: readonly { readonly role: 'source'; readonly what: { readonly display: string } }[]
  readonly signature?: readonly {
    readonly type: readonly Coding[]
    readonly when: string
    readonly who: { readonly display: string }
    readonly sigFormat: string
    readonly data: string
  }[]
}

export interface BundleEntry {
  readonly fullUrl: string
  readonly resource: Patient | Provenance
  readonly request: { readonly method: 'POST' | 'PUT'; readonly url: string; readonly ifNoneExist?: string }
}

export interface FhirBundle {
  readonly resourceType: 'Bundle'
  readonly type: 'transaction'
  readonly timestamp: string
  readonly entry: readonly BundleEntry[]
}
