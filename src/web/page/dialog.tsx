// A question that has to be answered before anything else. The browser's own dialog keeps the focus inside,
// closes on Escape and gives the focus back to where it was.
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { textOf } from './talk.ts'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
  readonly isWide?: boolean
}

export function Dialog({ title, onClose, children, isWide = false }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    element.current?.showModal()
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={element}
      class={isWide ? 'wide' : ''}
      aria-labelledby={id}
      onClose={onClose}
      onCancel={onClose}
    >
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </div>
      {children}
    </dialog>
  )
}

interface ConfirmProps {
  readonly title: string
  readonly children: ComponentChildren
  readonly action: string
  readonly isDangerous?: boolean
  /** What has to be typed before the action can be done. */
  readonly typed?: string
  /** False while something is still to be filled in, or to be heard of. */
  readonly isReady?: boolean
  readonly onConfirm: (typed: string) => Promise<void>
  readonly onClose: () => void
}

/** Says what will happen, and does it once. A refusal stays in sight until it is read. */
export function Confirm(props: ConfirmProps) {
  const { title, children, action, isDangerous = false, typed, onConfirm, onClose } = props
  const [text, setText] = useState('')
  const doing = useDoing()
  const isReady = (props.isReady ?? true) && (typed === undefined || text.trim() === typed)
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady) void doing.run(() => onConfirm(text.trim()).then(onClose))
        }}
      >
        <div class="dialog-body">
          {children}
          {typed !== undefined && (
            <label class="field">
              <span>
                Type <code>{typed}</code> to go on
              </span>
              <input
                value={text}
                onInput={(event) => setText(event.currentTarget.value)}
                autocomplete="off"
                autocapitalize="off"
                spellcheck={false}
              />
            </label>
          )}
          <Trouble text={doing.trouble} />
        </div>
        <div class="dialog-foot">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            class={isDangerous ? 'danger' : 'primary'}
            disabled={!isReady || doing.isDoing}
            autofocus={typed === undefined}
          >
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

export function Trouble({ text }: { text: string | null }) {
  return (
    <p class="trouble" role="alert">
      {text}
    </p>
  )
}

/** One thing at a time, and why it could not be done. */
export function useDoing() {
  const [isDoing, setIsDoing] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(null)
  const busy = useRef(false)
  return {
    isDoing,
    trouble,
    async run(act: () => Promise<unknown>): Promise<void> {
      if (busy.current) return
      busy.current = true
      setIsDoing(true)
      setTrouble(null)
      try {
        await act()
      } catch (error) {
        setTrouble(textOf(error))
      } finally {
        busy.current = false
        setIsDoing(false)
      }
    },
  }
}
