/** Why a case of the table is not run here; the first rule that fits. Undefined means it must be run. */
export function reasonNotRun(id: string): string | undefined {
  if (/^ISO7816_[JKLMN]_/.test(id)) return 'terminal authentication: the chip knows no card-verifiable certificates'
  if (/^LDS_E_/.test(id)) return 'terminal authentication: the chip announces none in EF.DG14'
  if (/^LDS_[GH]_/.test(id)) return 'EF.DG3 and EF.DG4 cannot be read without terminal authentication'
  if (/^(ISO7816_I_15|ISO7816_II_14|EAC2_ISO7816_H_35)$/.test(id))
    return 'Diffie-Hellman over numbers: elliptic curves alone'
  if (/^X-PACE-1[23]$/.test(id)) return 'integrated and chip authentication mapping: generic mapping alone'
  return undefined
}
