// One value that changes, and who wants to hear of it. What a component takes of it is compared, so that a
// change elsewhere draws nothing again.
import { useEffect, useRef, useState } from 'preact/hooks'

export interface Store<T> {
  get(): T
  set(change: Partial<T>): void
  subscribe(heard: () => void): () => void
}

export function createStore<T extends object>(first: T): Store<T> {
  let value = first
  const listeners = new Set<() => void>()
  return {
    get: () => value,
    set(change) {
      value = { ...value, ...change }
      for (const heard of [...listeners]) heard()
    },
    subscribe(heard) {
      listeners.add(heard)
      return () => void listeners.delete(heard)
    },
  }
}

export function useStore<T extends object, S>(store: Store<T>, select: (value: T) => S): S {
  const [, redraw] = useState(0)
  const chosen = select(store.get())
  const last = useRef(chosen)
  last.current = chosen
  useEffect(() => {
    const look = (): void => {
      if (!Object.is(select(store.get()), last.current)) redraw((count) => count + 1)
    }
    look()
    return store.subscribe(look)
  }, [store])
  return chosen
}
