import type { ComponentChildren, JSX } from 'preact'

// Our own drawings on a grid of 24, in the colour of the text around them. Each stands beside a word that says the same.

function Icon({ children, filled }: { children: ComponentChildren; filled?: boolean }): JSX.Element {
  return (
    <svg class={filled ? 'icon filled' : 'icon'} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  )
}

export const CheckSign = (): JSX.Element => (
  <Icon>
    <circle cx="12" cy="12" r="10" />
    <path d="m7 12.5 3.4 3.4L17 9" />
  </Icon>
)

export const CrossSign = (): JSX.Element => (
  <Icon>
    <path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" />
    <path d="m8.5 8.5 7 7m0-7-7 7" />
  </Icon>
)

export const QuestionSign = (): JSX.Element => (
  <Icon>
    <path d="M12 2.5 22.5 21h-21z" />
    <path d="M9.8 11.3a2.3 2.3 0 1 1 3.3 2.1c-.8.4-1.1.9-1.1 1.6M12 17.8v.2" />
  </Icon>
)

export const PauseSign = (): JSX.Element => (
  <Icon>
    <circle cx="12" cy="12" r="10" stroke-dasharray="4.5 3.35" />
    <path d="M9.5 8.5v7m5-7v7" />
  </Icon>
)

export const DotSign = (): JSX.Element => (
  <Icon filled>
    <circle cx="12" cy="12" r="3" />
  </Icon>
)

export const CardIcon = (): JSX.Element => (
  <Icon>
    <rect x="2" y="5" width="20" height="14" rx="2.5" />
    <rect x="5" y="9" width="5" height="4" rx="1" />
    <path d="M13.5 9.5H19m-5.5 3H17M5 16h8" />
  </Icon>
)

export const ReaderIcon = (): JSX.Element => (
  <Icon>
    <rect x="3" y="12" width="18" height="9" rx="2.5" />
    <path d="M9 16.5h6M8.2 8.6a5.6 5.6 0 0 1 7.6 0M5.4 5.4a9.8 9.8 0 0 1 13.2 0" />
  </Icon>
)

export const ChipIcon = (): JSX.Element => (
  <Icon>
    <rect x="4" y="5" width="16" height="14" rx="3" />
    <path d="M4 10h5v4H4m16-4h-5v4h5M9 5v14m6-14v14" />
  </Icon>
)

export const QrIcon = (): JSX.Element => (
  <Icon>
    <path d="M3 3h7v7H3zM14 3h7v7h-7zM3 14h7v7H3zM14 14h3v3h-3zM21 14v3m0 4h-4m-3 0v-1" />
  </Icon>
)

export const LinesIcon = (): JSX.Element => (
  <Icon>
    <path d="M4 7h16M4 12h16M4 17h16" />
  </Icon>
)

export const HandIcon = (): JSX.Element => (
  <Icon>
    <rect x="2" y="6" width="20" height="12" rx="2" />
    <path d="M6 10h.1m3.8 0h.1m3.9 0h.1m3.9 0h.1M8 14h8" />
  </Icon>
)

export const CopyIcon = (): JSX.Element => (
  <Icon>
    <rect x="8" y="8" width="13" height="13" rx="2" />
    <path d="M16 8V5a2 2 0 0 0-2-2H5a2 2 0 0 0-2 2v9a2 2 0 0 0 2 2h3" />
  </Icon>
)

export const ExportIcon = (): JSX.Element => (
  <Icon>
    <path d="M12 15V3m-4.5 4.5L12 3l4.5 4.5M4 14v5a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-5" />
  </Icon>
)

export const NextIcon = (): JSX.Element => (
  <Icon>
    <circle cx="9" cy="7.5" r="4" />
    <path d="M2.5 21c0-4 2.9-6.5 6.5-6.5 1.6 0 3 .5 4.2 1.3M15 18.500h7m-3-3 3 3-3 3" />
  </Icon>
)

export const PictureIcon = (): JSX.Element => (
  <Icon>
    <rect x="3" y="4" width="18" height="16" rx="2.5" />
    <circle cx="8.5" cy="9.5" r="1.8" />
    <path d="m4 18 5.5-5 4 3.500L16.5 14 21 18" />
  </Icon>
)

export const PersonIcon = (): JSX.Element => (
  <Icon>
    <circle cx="12" cy="8.5" r="4.5" />
    <path d="M3.5 22c0-5 3.8-7.5 8.5-7.500s8.5 2.5 8.5 7.5" />
  </Icon>
)

export const SunIcon = (): JSX.Element => (
  <Icon>
    <circle cx="12" cy="12" r="4.5" />
    <path d="M12 1.500v2.500m0 16v2.500M1.5 12H4m16 0h2.500M4.6 4.600l1.7 1.700m11.4 11.4 1.7 1.700M4.6 19.400l1.7-1.700M17.7 6.300l1.7-1.7" />
  </Icon>
)

export const MoonIcon = (): JSX.Element => (
  <Icon>
    <path d="M20.5 14.500A9 9 0 0 1 9.5 3.500a9 9 0 1 0 11 11z" />
  </Icon>
)

export const SystemThemeIcon = (): JSX.Element => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path class="solid" d="M12 3a9 9 0 0 1 0 18z" />
  </Icon>
)

export const KeyboardIcon = HandIcon

export const LockIcon = (): JSX.Element => (
  <Icon>
    <rect x="4" y="10.5" width="16" height="11" rx="2.5" />
    <path d="M7.5 10.500V7.500a4.5 4.5 0 0 1 9 0v3M12 15v2.5" />
  </Icon>
)

export const UnplugIcon = (): JSX.Element => (
  <Icon>
    <path d="m3 3 18 18M9.5 5.500l1-1a5 5 0 0 1 7 0l.500.500a5 5 0 0 1 0 7l-1 1M14.5 18.500l-1 1a5 5 0 0 1-7 0L6 19a5 5 0 0 1 0-7l1-1" />
  </Icon>
)

export const WarnIcon = (): JSX.Element => (
  <Icon>
    <path d="M12 2.5 22.5 21h-21z" />
    <path d="M12 9.500v5m0 3v.200" />
  </Icon>
)

export const ChevronIcon = (): JSX.Element => (
  <Icon>
    <path d="m6 9 6 6 6-6" />
  </Icon>
)

export const HealthIcon = (): JSX.Element => (
  <Icon>
    <path d="M12 2.5 20.5 6v6c0 5-3.5 8-8.5 9.500C7 20 3.5 17 3.5 12V6z" />
    <path d="M12 8v8m-4-4h8" />
  </Icon>
)

export const StopIcon = (): JSX.Element => (
  <Icon>
    <circle cx="12" cy="12" r="10" />
    <rect x="8.5" y="8.5" width="7" height="7" rx="1" />
  </Icon>
)
