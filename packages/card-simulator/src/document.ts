import type { CurveName, HashName, LdsFiles, SessionCipher } from '@cccd/card-core'
import type { BacKey } from '@cccd/mrz'

/** One static key of chip authentication. `privateKey` is the scalar, big-endian, at most the order's length. */
export interface ChipAuthenticationKey {
  readonly keyId?: bigint
  readonly curve: CurveName
  readonly privateKey: Uint8Array
  readonly cipher: SessionCipher
}

/** What only the chip knows, and the passwords that open it. */
export interface ChipSecrets {
  /** Six digits; the card access number of 9303-11 §4.4. */
  readonly can?: string
  /** The MRZ fields behind BAC and behind PACE with the MRZ as password. */
  readonly bacKey?: BacKey
  /** The key whose public half stands in EF.DG15; RSA signs by ISO/IEC 9796-2, EC plainly. */
  readonly activeAuthentication?: { readonly pkcs8: Uint8Array; readonly hash: HashName }
  readonly chipAuthentication?: readonly ChipAuthenticationKey[]
}

/** A whole document as a chip carries it: the files, and the secrets beside them. */
export interface ChipDocument {
  readonly files: LdsFiles
  readonly secrets: ChipSecrets
}
