import { render } from 'preact'
import { App } from './app.tsx'
import { Desk } from './desk.ts'
import { takeCodeFromAddress } from './pairing-token.ts'
import './styles/colours.css'
import './styles/frame.css'
import './styles/controls.css'
import './styles/visit.css'
import './styles/checks.css'

const code = takeCodeFromAddress()
const place = document.getElementById('desk')
if (place === null) throw new Error('the page has no place to be shown in')
const desk = new Desk()
render(<App desk={desk} />, place)
void desk.begin(code)
