import type { JSX } from 'preact'
import { stepOf, type Visit } from '../desk-state.ts'
import { WORDS } from '../words/desk-words.ts'
import { fileWords, STEP_WORDS, STEPS } from '../words/file-words.ts'
import type { Text } from '../words/language.ts'
import { CardIcon, ReaderIcon } from './icons.tsx'
import { Both, useLanguage, useWord } from './words.tsx'

/** What is happening, in words; without bytes, so that a screen reader says it once a file. */
export function stageWords(visit: Visit): Text {
  switch (visit.stage) {
    case 'starting':
      return { vi: 'Đang bắt đầu…', en: 'Starting…' }
    case 'waiting':
      return WORDS.placeCard
    case 'opening':
      return { vi: 'Đang mở chip…', en: 'Opening the chip…' }
    case 'reading': {
      if (visit.progress === null) return { vi: 'Đang đọc chip…', en: 'Reading the chip…' }
      const file = fileWords(visit.progress.file)
      return { vi: `Đang đọc ${file.vi}`, en: `Reading ${file.en}` }
    }
    case 'judging':
      return { vi: 'Đang kiểm tra chữ ký…', en: 'Checking the signatures…' }
    case 'done':
    case 'failed':
      return { vi: 'Đọc xong', en: 'Reading is over' }
  }
}

/** Stands where the verdict will stand, and is as high. */
export function ProgressBanner({ visit }: { visit: Visit }): JSX.Element {
  const word = useWord()
  const language = useLanguage()
  const { progress, stage } = visit
  const waiting = stage === 'waiting' || stage === 'starting'
  const now = STEPS.indexOf(stepOf(visit))
  const amount = new Intl.NumberFormat(language === 'vi' ? 'vi-VN' : 'en-GB')
  const showBytes = stage === 'reading' && progress !== null && progress.of > 0
  return (
    <section class={`banner progress${waiting ? ' waiting' : ''}`} aria-labelledby="stage">
      <div class="banner-sign">{waiting ? <CardIcon /> : <ReaderIcon />}</div>
      <div class="banner-text">
        <h2 id="stage" class="banner-word">
          <Both text={stageWords(visit)} />
        </h2>
        <p class="banner-means">{word(waiting ? WORDS.thenWait : WORDS.keepCard)}</p>
        <div class="meter">
          <progress
            aria-label={word({ vi: 'Phần đã đọc của tệp này', en: 'Part of this file that is read' })}
            {...(showBytes
              ? { max: progress.of, value: Math.min(progress.bytes, progress.of) }
              : waiting
                ? { max: 1, value: 0 }
                : {})}
          />
          <span class="bytes">
            {showBytes
              ? `${amount.format(progress.bytes)} / ${amount.format(progress.of)} ${language === 'vi' ? 'byte' : 'bytes'}`
              : ''}
          </span>
        </div>
        <ol class="steps">
          {STEPS.map((name, i) => (
            <li
              key={name}
              class={i < now ? 'past' : i === now ? 'now' : 'to-come'}
              aria-current={i === now ? 'step' : undefined}
            >
              {word(STEP_WORDS[name])}
            </li>
          ))}
        </ol>
      </div>
    </section>
  )
}
