// ISO 3166-1 alpha-3 of the MRZ to alpha-2 of certificates (TR-03135-1 §5.6.4.5), with the codes of 9303-3 §5 that ISO does not
// have. Several states write something else than ISO in one of the two places, so the table gives lists.

const PAIRS =
  'AFGAF ALAAX ALBAL DZADZ ASMAS ANDAD AGOAO AIAAI ATAAQ ATGAG ARGAR ARMAM ABWAW AUSAU AUTAT AZEAZ BHSBS BHRBH BGDBD BRBBB ' +
  'BLRBY BELBE BLZBZ BENBJ BMUBM BTNBT BOLBO BESBQ BIHBA BWABW BVTBV BRABR IOTIO BRNBN BGRBG BFABF BDIBI CPVCV KHMKH ' +
  'CMRCM CANCA CYMKY CAFCF TCDTD CHLCL CHNCN CXRCX CCKCC COLCO COMKM CODCD COGCG COKCK CRICR CIVCI HRVHR CUBCU CUWCW ' +
  'CYPCY CZECZ DNKDK DJIDJ DMADM DOMDO ECUEC EGYEG SLVSV GNQGQ ERIER ESTEE SWZSZ ETHET FLKFK FROFO FJIFJ FINFI FRAFR ' +
  'GUFGF PYFPF ATFTF GABGA GMBGM GEOGE DEUDE GHAGH GIBGI GRCGR GRLGL GRDGD GLPGP GUMGU GTMGT GGYGG GINGN GNBGW GUYGY ' +
  'HTIHT HMDHM VATVA HNDHN HKGHK HUNHU ISLIS INDIN IDNID IRNIR IRQIQ IRLIE IMNIM ISRIL ITAIT JAMJM JPNJP JEYJE JORJO ' +
  'KAZKZ KENKE KIRKI PRKKP KORKR KWTKW KGZKG LAOLA LVALV LBNLB LSOLS LBRLR LBYLY LIELI LTULT LUXLU MACMO MDGMG MWIMW ' +
  'MYSMY MDVMV MLIML MLTMT MHLMH MTQMQ MRTMR MUSMU MYTYT MEXMX FSMFM MDAMD MCOMC MNGMN MNEME MSRMS MARMA MOZMZ MMRMM ' +
  'NAMNA NRUNR NPLNP NLDNL NCLNC NZLNZ NICNI NERNE NGANG NIUNU NFKNF MKDMK MNPMP NORNO OMNOM PAKPK PLWPW PSEPS PANPA ' +
  'PNGPG PRYPY PERPE PHLPH PCNPN POLPL PRTPT PRIPR QATQA REURE ROURO RUSRU RWARW BLMBL SHNSH KNAKN LCALC MAFMF SPMPM ' +
  'VCTVC WSMWS SMRSM STPST SAUSA SENSN SRBRS SYCSC SLESL SGPSG SXMSX SVKSK SVNSI SLBSB SOMSO ZAFZA SGSGS SSDSS ESPES ' +
  'LKALK SDNSD SURSR SJMSJ SWESE CHECH SYRSY TWNTW TJKTJ TZATZ THATH TLSTL TGOTG TKLTK TONTO TTOTT TUNTN TURTR TKMTM ' +
  'TCATC TUVTV UGAUG UKRUA AREAE GBRGB USAUS UMIUM URYUY UZBUZ VUTVU VENVE VNMVN VGBVG VIRVI WLFWF ESHEH YEMYE ZMBZM ' +
  // 9303-3 §5: Germany's one letter, the British variants, Kosovo, organizations, and Utopia of the specimens.
  'ZWEZW D--DE GBDGB GBNGB GBOGB GBPGB GBSGB RKSKS UNKKS EUEEU UNOUN UNAUN XOMXM XPOXP UTOUT'

const TABLE: ReadonlyMap<string, string> = new Map(
  PAIRS.split(' ').map(pair => [pair.slice(0, 3).replaceAll('-', ''), pair.slice(3)]),
)

/** Whether the issuing state of an MRZ (D, VNM) and a country of a certificate (DE, vn) are the same; undefined when the
 * table does not know the state or the certificate's code is no code. Letter case does not count. */
export function sameState(issuingState: string, country: string | undefined): boolean | undefined {
  const expected = TABLE.get(issuingState.replaceAll('<', '').toUpperCase())
  const found = country?.trim().toUpperCase()
  if (expected === undefined || found === undefined || !/^[A-Z]{2,3}$/.test(found)) return undefined
  // Some certificates carry the three letters.
  return found === expected || TABLE.get(found) === expected
}
