// `npm run bench`: counts (exact) and ratios against a peer in the same run (rates alone mean nothing on another machine).
import { benchColdStart } from './cold-start.mjs'
import { benchDesk } from './desk.mjs'
import { openJmrtd } from './jmrtd.mjs'
import { benchMemory } from './memory.mjs'
import { benchMrzPictures } from './mrz-pictures.mjs'
import { benchPrepare } from './prepare.mjs'
import { benchQrPictures } from './qr-pictures.mjs'
import { benchSessions } from './sessions.mjs'
import { benchTexts } from './texts.mjs'
import { benchVerification } from './verification.mjs'

console.log(`Node ${process.version}, ${process.platform} ${process.arch}`)
const jmrtd = openJmrtd()
if (jmrtd.missing) console.log(`JMRTD is not measured: ${jmrtd.missing}`)
try {
  await benchSessions(await jmrtd.sessions())
  await benchVerification(jmrtd)
} finally {
  await jmrtd.close()
}
benchTexts()
await benchQrPictures()
await benchMrzPictures()
await benchPrepare()
benchColdStart()
await benchDesk()
await benchMemory()
