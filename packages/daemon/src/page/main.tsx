import { render } from 'preact'

const place = document.getElementById('desk')
if (place) render(<h1>Bàn đọc căn cước</h1>, place)
