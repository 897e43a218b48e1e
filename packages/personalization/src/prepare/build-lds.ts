import {
  buildCom,
  buildDg1,
  buildDg2,
  buildDg3,
  buildDg13,
  buildDg14,
  buildDg15,
  buildSecurityInfos,
  dataGroupFile,
  type FileName,
  type Finger,
  type HashName,
  type LdsFiles,
  readImageSize,
} from '@cccd/card-core'
import type { Holder } from '../intake/holder.ts'
import { mrzLines } from './mrz-lines.ts'
import {
  type ChipAuthenticationKeyInfo,
  cardAccessInfos,
  dg14Infos,
  KNOWN_PACE,
  type PaceOffer,
  type SecurityFeatures,
} from './security-infos.ts'
import { vietnameseFields } from './vietnamese-fields.ts'

export interface LdsOptions {
  /** `hash` for an EC key, whose plain ECDSA DG14 then announces. */
  readonly activeAuthentication?: { readonly spki: Uint8Array; readonly hash?: HashName }
  readonly chipAuthentication?: readonly ChipAuthenticationKeyInfo[]
  /** Default: what the known cards offer. Empty: no PACE and no EF.CardAccess. */
  readonly pace?: readonly PaceOffer[]
  /** Default true, as the known cards have it. */
  readonly terminalAuthentication?: boolean
  /** EF.DG3, which only terminal authentication opens. */
  readonly fingerprints?: readonly Finger[]
  /** Default 1.7, as EF.COM of the known cards says. */
  readonly ldsVersion?: '1.7' | '1.8'
}

/** The order in which EF.COM lists the data groups and EF.SOD their hashes. */
const DATA_GROUPS = [1, 2, 3, 13, 14, 15] as const

/**
 * The files of a card from one checked record: COM, DG1, DG2 (when there is a portrait), DG3 (when fingerprints are
 * given), DG13, DG14 and DG15 (as the options ask) and EF.CardAccess. EF.SOD comes from `signLds`. Throws FormatError
 * when the portrait is neither JPEG nor JPEG 2000.
 */
export function buildLds(holder: Holder, given: LdsOptions = {}): LdsFiles {
  return withChipKeys(buildHolderFiles(holder, given.fingerprints), given)
}

/** The files that say who the holder is: DG1, DG2, DG3, DG13. Throws as `buildLds` does. */
export function buildHolderFiles(holder: Holder, fingerprints?: readonly Finger[]): LdsFiles {
  const files: Partial<Record<FileName, Uint8Array>> = {
    'EF.DG1': buildDg1(mrzLines(holder)),
    'EF.DG13': buildDg13(vietnameseFields(holder)),
  }
  if (holder.portrait) files['EF.DG2'] = buildDg2({ image: holder.portrait, ...readImageSize(holder.portrait) })
  if (fingerprints) files['EF.DG3'] = buildDg3(fingerprints)
  return files
}

/** The files of a holder with those that tell of the chip: DG14, DG15, EF.CardAccess, and EF.COM over all. The keys may
 * have been made by the chip itself after the holder's files were built. */
export function withChipKeys(holderFiles: LdsFiles, given: Omit<LdsOptions, 'fingerprints'>): LdsFiles {
  const { activeAuthentication, chipAuthentication } = given
  const pace = given.pace ?? [KNOWN_PACE]
  const features: SecurityFeatures = {
    pace,
    terminalAuthentication: given.terminalAuthentication ?? true,
    ...(chipAuthentication ? { chipAuthentication } : {}),
    ...(activeAuthentication?.hash ? { ecdsaActiveAuthentication: activeAuthentication.hash } : {}),
  }
  const files: Partial<Record<FileName, Uint8Array>> = { ...holderFiles }
  const infos = dg14Infos(features)
  if (infos.length > 0) files['EF.DG14'] = buildDg14(infos)
  if (activeAuthentication) files['EF.DG15'] = buildDg15(activeAuthentication.spki)
  if (pace.length > 0) files['EF.CardAccess'] = buildSecurityInfos(cardAccessInfos(features))
  files['EF.COM'] = buildCom({
    ldsVersion: given.ldsVersion === '1.8' ? '0108' : '0107',
    unicodeVersion: '040000',
    dataGroups: DATA_GROUPS.filter(n => files[dataGroupFile(n)] !== undefined),
  })
  return files
}
