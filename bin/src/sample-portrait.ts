import sharp from 'sharp'

// A drawn face of nobody: portrait of the invented holder, 3:4 as on the card.
const FACE = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="640" viewBox="0 0 480 640">
  <defs>
    <linearGradient id="wall" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#e8f0f6"/><stop offset="1" stop-color="#c9d8e4"/></linearGradient>
    <radialGradient id="skin" cx="0.45" cy="0.4" r="0.7"><stop offset="0" stop-color="#f4d2b4"/><stop offset="1" stop-color="#d9a57d"/></radialGradient>
  </defs>
  <rect width="480" height="640" fill="url(#wall)"/>
  <path d="M110 300 C90 120 390 120 370 300 L392 520 L88 520 Z" fill="#1d1614"/>
  <path d="M40 640 C60 520 170 500 240 500 C310 500 420 520 440 640 Z" fill="#33527a"/>
  <path d="M200 430 h80 v70 c0 40 -80 40 -80 0 Z" fill="#d7a47c"/>
  <ellipse cx="240" cy="320" rx="108" ry="140" fill="url(#skin)"/>
  <path d="M132 290 C150 170 330 170 348 290 C320 220 180 215 132 290 Z" fill="#1d1614"/>
  <g fill="#fff"><ellipse cx="196" cy="315" rx="22" ry="12"/><ellipse cx="284" cy="315" rx="22" ry="12"/></g>
  <g fill="#2a1a12"><circle cx="196" cy="315" r="10"/><circle cx="284" cy="315" r="10"/></g>
  <g stroke="#1d1614" stroke-width="6" fill="none" stroke-linecap="round"><path d="M170 290 q26 -14 52 0"/><path d="M258 290 q26 -14 52 0"/></g>
  <path d="M240 325 q-14 50 -4 58 q6 4 18 0" stroke="#b98560" stroke-width="4" fill="none" stroke-linecap="round"/>
  <path d="M204 415 q36 22 72 0" stroke="#9d4b45" stroke-width="7" fill="none" stroke-linecap="round"/>
  <text x="240" y="610" font-family="sans-serif" font-size="34" font-weight="bold" fill="#ffffff" text-anchor="middle">MẪU · SAMPLE</text>
</svg>`

/** The portrait as a JPEG of about 20 KB. */
export async function samplePortrait(): Promise<Uint8Array> {
  return Uint8Array.from(await sharp(Buffer.from(FACE)).jpeg({ quality: 82 }).toBuffer())
}
