import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Desk } from './desk.ts'
import { mayReadAgain } from './desk-state.ts'
import { wedgeKeys } from './wedge.ts'

interface Given {
  readonly desk: Desk
  readonly box: RefObject<HTMLTextAreaElement>
  readonly checks: RefObject<HTMLDetailsElement>
  readonly menu: RefObject<HTMLDetailsElement>
  readonly shortcuts: RefObject<HTMLDialogElement>
  readonly on: { readonly copyAll: () => void; readonly switchLanguage: () => void }
}

/** The keyboard of the whole page, typing scanners, and pictures that are dropped or pasted anywhere. */
export function useKeys(given: Given): void {
  const now = useRef(given)
  now.current = given
  useEffect(() => {
    const wedge = wedgeKeys(
      text => void now.current.desk.read(text),
      (call, ms) => {
        const timer = setTimeout(call, ms)
        return () => clearTimeout(timer)
      },
    )
    const onKey = (event: KeyboardEvent): void => {
      const { desk } = now.current
      desk.visits.touched()
      if (desk.store.now().session !== 'paired') return
      if (!isEditable(event.target) && wedge.key(event)) event.preventDefault()
      else if (shortcut(event, now.current)) event.preventDefault()
      else sendToBox(event, now.current)
    }
    const onPointer = (event: PointerEvent): void => {
      now.current.desk.visits.touched()
      closeMenu(now.current, event.target)
    }
    const onPaste = (event: ClipboardEvent): void => takePicture(event, event.clipboardData, now.current.desk)
    const onDrop = (event: DragEvent): void => {
      event.preventDefault()
      takePicture(event, event.dataTransfer, now.current.desk)
    }
    const allow = (event: DragEvent): void => event.preventDefault()
    const onLeave = (): void => now.current.desk.visits.leave()
    document.addEventListener('keydown', onKey, true)
    document.addEventListener('pointerdown', onPointer)
    document.addEventListener('paste', onPaste)
    document.addEventListener('dragover', allow)
    document.addEventListener('drop', onDrop)
    addEventListener('pagehide', onLeave)
    return () => {
      document.removeEventListener('keydown', onKey, true)
      document.removeEventListener('pointerdown', onPointer)
      document.removeEventListener('paste', onPaste)
      document.removeEventListener('dragover', allow)
      document.removeEventListener('drop', onDrop)
      removeEventListener('pagehide', onLeave)
    }
  }, [])
}

function isEditable(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement || target instanceof HTMLSelectElement
  )
}

/** Returns whether the key was one of ours. */
function shortcut(event: KeyboardEvent, given: Given): boolean {
  const { desk, menu, shortcuts, checks, on } = given
  const { key, altKey, ctrlKey, metaKey } = event
  if (altKey && !ctrlKey && key.toLowerCase() === 'l') {
    on.switchLanguage()
    return true
  }
  if (altKey || ctrlKey || metaKey) return false
  if (shortcuts.current?.open) return key === 'F2'
  const { visit } = desk.store.now()
  switch (key) {
    case 'F1':
      shortcuts.current?.showModal()
      return true
    case 'Escape':
      if (menu.current?.open) {
        menu.current.open = false
        menu.current.querySelector('summary')?.focus()
        return true
      }
      return next(given)
    case 'F2':
      return next(given)
    case 'F4':
      if (visit?.stage === 'done') on.copyAll()
      return true
    case 'F6':
      void desk.visits.askInsurance()
      return true
    case 'F7':
      if (visit !== null && mayReadAgain(visit)) void desk.visits.again()
      return true
    case 'F8':
      if (menu.current) {
        menu.current.open = true
        menu.current.querySelector<HTMLButtonElement>('li button')?.focus()
      }
      return true
    case 'F9':
      if (checks.current) {
        checks.current.open = !checks.current.open
        checks.current.querySelector('summary')?.focus()
      }
      return true
    default:
      return false
  }
}

/** Ends the visit; with nobody there it empties the input box. */
function next({ desk, box }: Given): boolean {
  if (desk.store.now().visit !== null) {
    void desk.visits.next()
  } else if (box.current && box.current.value !== '') {
    box.current.value = ''
    box.current.dispatchEvent(new Event('input', { bubbles: true }))
  }
  return true
}

/** With nobody at the desk, what is typed outside the box goes into it. */
function sendToBox(event: KeyboardEvent, { desk, box, shortcuts }: Given): void {
  const { key, ctrlKey, altKey, metaKey, target } = event
  if (desk.store.now().visit !== null || shortcuts.current?.open || isEditable(target)) return
  if ([...key].length === 1 && key !== ' ' && !ctrlKey && !altKey && !metaKey) box.current?.focus()
}

function closeMenu({ menu }: Given, target: EventTarget | null): void {
  if (menu.current?.open && target instanceof Node && !menu.current.contains(target)) menu.current.open = false
}

function takePicture(event: Event, data: DataTransfer | null, desk: Desk): void {
  const picture = [...(data?.files ?? [])].find(({ type }) => type.startsWith('image/'))
  if (!picture || desk.store.now().session !== 'paired') return
  event.preventDefault()
  void desk.readPicture(picture)
}
