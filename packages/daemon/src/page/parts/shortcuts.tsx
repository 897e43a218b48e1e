import type { JSX, RefObject } from 'preact'
import { WORDS } from '../words/desk-words.ts'
import type { Text } from '../words/language.ts'
import { Both, Key, useWord } from './words.tsx'

const SHORTCUTS: readonly (readonly [readonly string[], Text])[] = [
  [['F2', 'Esc'], { vi: 'Người tiếp theo: xóa hết; đang đọc thì dừng', en: 'Next person: erase all; stops a reading' }],
  [['Enter'], { vi: 'Đọc thẻ với nội dung trong ô nhập', en: 'Read with what is in the input box' }],
  [['F4'], { vi: 'Chép tất cả', en: 'Copy all' }],
  [['F6'], { vi: 'Tra cứu thẻ BHYT', en: 'Look up the insurance card' }],
  [['F7'], { vi: 'Đọc lại', en: 'Read again' }],
  [['F8'], { vi: 'Mở danh sách xuất', en: 'Open the export list' }],
  [['F9'], { vi: 'Mở các mục kiểm tra', en: 'Open the checks' }],
  [['Alt', 'L'], { vi: 'Đổi tiếng Việt và tiếng Anh', en: 'Switch Vietnamese and English' }],
  [['F1'], { vi: 'Bảng phím tắt này', en: 'This list' }],
]

export function Shortcuts({ place }: { place: RefObject<HTMLDialogElement> }): JSX.Element {
  const word = useWord()
  return (
    <dialog class="shortcuts" ref={place} aria-labelledby="shortcuts-title">
      <h2 id="shortcuts-title">
        <Both text={WORDS.shortcuts} />
      </h2>
      <table>
        <tbody>
          {SHORTCUTS.map(([keys, text]) => (
            <tr key={text.en}>
              <th scope="row">
                {keys.map((key, i) => (
                  <span key={key}>
                    {i > 0 ? (keys[0] === 'Alt' ? ' + ' : ' / ') : ''}
                    <Key name={key} />
                  </span>
                ))}
              </th>
              <td>
                <Both block text={text} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">
        {word({
          vi: 'Máy quét gõ phím được nhận ở mọi chỗ trên trang, không cần bấm vào ô nhập.',
          en: 'A scanner that types is heard anywhere on the page; the input box needs no click.',
        })}
      </p>
      <form method="dialog">
        <button type="submit" class="primary">
          {word(WORDS.close)} <Key name="Esc" />
        </button>
      </form>
    </dialog>
  )
}
