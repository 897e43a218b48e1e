import type { JSX, RefObject } from 'preact'
import { WORDS } from '../words/desk-words.ts'
import { SHORTCUTS } from '../words/shortcut-words.ts'
import { Both, Key, useWord } from './words.tsx'

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
