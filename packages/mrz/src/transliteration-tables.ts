/** The tables of 9303-3 §6 as data: what each national letter is in the letters of the MRZ. Capitals only. */

/** Languages whose Cyrillic differs from the general values. */
export type CyrillicLanguage = 'belarusian' | 'bulgarian' | 'macedonian' | 'serbian' | 'ukrainian'

type Letters = Readonly<Record<string, string>>

const table = (pairs: string): Letters =>
  Object.fromEntries(pairs.split(' ').map(pair => [pair.charAt(0), pair.slice(1)]))

/** Table A, where the letter is not just a base letter with marks; every other one loses its marks. Where the table
 * lets the State choose (Ä, Å, Ñ, Ö, Ü), the first of its values. */
export const LATIN: Letters = table('ÄAE ÅAA ÆAE ÐD ĐD ĦH ĲIJ ıI ĿL ŁL ŊN ÖOE ØOE ŒOE ẞSS ßSS ŦT ÞTH ÜUE')

/** Table B. Its row 0492 gives Macedonian GJ, which is the letter Ѓ (0403): both have it here. Ь is in no row and is left
 * out, as issuers do. */
export const CYRILLIC: Letters = table(
  'ЁE ЂD ЄIE ЅDZ ІI ЇI ЈJ ЉLJ ЊNJ ЌK ЎU ЏDZ АA БB ВV ГG ДD ЕE ЖZH ЗZ ИI ЙI КK ЛL МM НN ОO ПP РR СS ТT УU ФF ХKH ЦTS ' +
    'ЧCH ШSH ЩSHCH ЪIE ЫY Ь ЭE ЮIU ЯIA ѪU ѴY ҐG ҒG ЃG ҺC',
)

/** Where a language has its own value. */
export const CYRILLIC_OF: Readonly<Record<CyrillicLanguage, Letters>> = {
  belarusian: table('ЁIO ГH'),
  bulgarian: table('ЩSHT'),
  macedonian: table('ЌKJ ЏDJ ХH ЦC ЃGJ ҒGJ'),
  serbian: table('ГH ЖZ ХH ЦC ЧC ШS'),
  ukrainian: table('ГH ИY'),
}

/** Ukrainian, at the beginning of a word. */
export const UKRAINIAN_FIRST: Letters = table('ЄYE ЇYI ЙY ЮYU ЯYA')

/** Table C. A letter with no value is not encoded. Teh marbuta is XTA, at the end of a word XAH. */
export const ARABIC: Letters = table(
  'ءXE آXAA أXAE ؤU إI ئXI اA بB ةXTA تT ثXTH جJ حXH خXKH دD ذXDH رR زZ سS شXSH صXSS ضXDZ طXTT ظXZZ عE غG \u0640 ' +
    'فF قQ كK لL مM نN هH وW ىXAY يY ٱXXA ٹXXT ټXRT پP ځXKE څXXH چXC ڈXXD ډXDR ڑXXR ړXRR ږXRX ژXJ ښXXS \u069C \u06A2 \u06A7 ' +
    '\u06A8 کXKK ګXXK ڭXNG گXGG ںXNN ڼXXN ھXDO ۀXYH ہXXG ۂXGE ۃXTG یXYA ۍXXY ېY ےXYB ۓXBE',
)

export const TEH_MARBUTA = '\u0629'
export const TEH_MARBUTA_AT_THE_END = 'XAH'
/** Doubles the letter before it. */
export const SHADDA = '\u0651'
