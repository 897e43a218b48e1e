/**
 * The closed list of error codes, one for the whole toolkit; it stands in the lowest package so that all can use it. `bin/output.ts` maps each to an exit status and a hint for the operator, and the
 * README lists them. A forged card is a result, not an error; a removed card is an error, not a result.
 */
export type ErrorCode =
  // FormatError
  | 'TLV_MALFORMED'
  | 'DER_MALFORMED'
  | 'APDU_MALFORMED'
  | 'LDS_MALFORMED'
  | 'CERTIFICATE_MALFORMED'
  | 'SIGNED_DATA_MALFORMED'
  | 'MASTER_LIST_MALFORMED'
  | 'CRL_MALFORMED'
  | 'SECURITY_INFO_MALFORMED'
  | 'IMAGE_MALFORMED'
  | 'TRANSCRIPT_MALFORMED'
  | 'DOCUMENT_MALFORMED'
  | 'POLICY_MALFORMED'
  | 'TRUST_STORE_REFUSED'
  | 'KEY_MALFORMED'
  | 'POINT_INVALID'
  | 'CURVE_UNKNOWN'
  | 'ALGORITHM_UNKNOWN'
  | 'MRZ_MALFORMED'
  | 'MRZ_CHECK_DIGIT'
  | 'QR_NOT_A_CARD'
  | 'PERSONAL_NUMBER_MALFORMED'
  | 'SIGNER_POOL_MALFORMED'
  | 'SCANNER_CONFIG_MALFORMED'
  | 'LAYOUT_MALFORMED'
  | 'FONT_UNUSABLE'
  | 'ART_OVERFLOW'
  | 'ART_CHARACTER'
  | 'BUNDLE_REFUSED'
  | 'AUTHORITY_MALFORMED'
  // StatusWordError
  | 'STATUS_WORD'
  | 'FILE_NOT_FOUND'
  | 'ACCESS_DENIED'
  | 'ACCESS_KEY_WRONG'
  | 'ACCESS_BLOCKED'
  // ProtocolError
  | 'PROTOCOL_VIOLATION'
  | 'RESPONSE_TOO_SHORT'
  | 'MAC_WRONG'
  | 'SECURE_MESSAGING_LOST'
  | 'AUTHENTICATION_TOKEN_WRONG'
  | 'ACCESS_PROTOCOL_MISSING'
  | 'DOWNGRADE_REFUSED'
  | 'CHIP_CHANGED'
  | 'REPLAY_MISMATCH'
  // TransportError
  | 'NO_SMARTCARD_SERVICE'
  | 'PCSC_NOT_INSTALLED'
  | 'NO_READER'
  | 'NO_CARD'
  | 'CARD_REMOVED'
  | 'CARD_MUTE'
  | 'CARD_TIMEOUT'
  | 'READER_BUSY'
  | 'READER_FAILED'
  | 'READ_CANCELLED'
  | 'SCANNER_DRIVER_MISSING'
  | 'NO_SCANNER'
  | 'SCANNER_FAILED'
  // SignerError, JobError
  | 'SIGNER_FAILED'
  | 'SIGNER_DRIVER_MISSING'
  | 'SIGNER_PIN_WRONG'
  | 'SIGNER_TOKEN_GONE'
  | 'SIGNER_KEY_MISSING'
  | 'SIGNER_EXHAUSTED'
  | 'SIGNER_CLOCK'
  | 'LEDGER_FAILED'
  | 'NUMBER_SIGNED_BEFORE'
  | 'APPROVAL_MISSING'
  | 'APPROVAL_REFUSED'
  | 'CERTIFICATE_REFUSED'
  | 'JOB_FAILED'
  | 'JOB_ERASED'
  | 'BATCH_SEEN'
  | 'BATCH_REFUSED'
  // ConnectorError
  | 'CONNECTOR_CONFIG_MALFORMED'
  | 'CONNECTOR_FIELD_MISSING'
  | 'CONNECTOR_UNREACHABLE'
  | 'CONNECTOR_TIMEOUT'
  | 'CONNECTOR_REFUSED'
  | 'CONNECTOR_SERVER_FAILED'
  | 'CONNECTOR_REPLY_MALFORMED'
  | 'OUTBOX_FULL'
  | 'OUTBOX_FAILED'
  | 'TEXT_TARGET_FAILED'
  // KeepingError
  | 'CONSENT_REQUIRED'
  | 'AUDIT_UNAVAILABLE'
  | 'AUDIT_BROKEN'
  | 'AUDIT_KEY_REFUSED'
  // ServiceError
  | 'DESK_CONFIG_MALFORMED'
  | 'DESK_LISTEN_FAILED'
  | 'DESK_RUNNING'
  | 'DESK_NOT_RUNNING'
  | 'DESK_REFUSED'
  | 'DESK_STATE_DAMAGED'

/** What a person needs to find the cause: tag and offset, status word and tries left, step of the protocol. Never a
 * key, MRZ data, a name or decrypted bytes. */
export interface ErrorFacts {
  readonly file?: string
  readonly tag?: number
  readonly offset?: number
  readonly line?: number
  readonly column?: number
  readonly field?: string
  readonly oid?: string
  readonly sw?: number
  readonly triesLeft?: number
  readonly delayMs?: number
  readonly step?: string
  readonly reader?: string
  readonly remedy?: string
  readonly purpose?: string
  readonly version?: string
  readonly httpStatus?: number
}

export class CardToolkitError extends Error {
  readonly code: ErrorCode
  readonly facts: ErrorFacts
  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.facts = facts
  }
}

/** Bytes or text that are not what they should be. `facts.offset` counts from the start of the parsed input. */
export class FormatError extends CardToolkitError {}
/** The card answered with a status word that ends what was asked. `facts.sw` is the word. */
export class StatusWordError extends CardToolkitError {}
/** The card broke the protocol, or the two ends do not agree on keys. `facts.step` names the step. */
export class ProtocolError extends CardToolkitError {}
/** The way to the card is gone: service, reader, card, time. */
export class TransportError extends CardToolkitError {}
export class SignerError extends CardToolkitError {}
export class PrinterError extends CardToolkitError {}
export class JobError extends CardToolkitError {}
/** What was read cannot be handed on: the other server, the outbox or the text target does not do its part. */
export class ConnectorError extends CardToolkitError {}
/** What must be kept cannot be: the audit log cannot be written or does not hold together, or a consent is missing. */
export class KeepingError extends CardToolkitError {}
/** The desk's daemon cannot be started, or cannot be reached from this command. */
export class ServiceError extends CardToolkitError {}
