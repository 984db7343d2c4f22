// Light or dark: as the machine is set, until the person says otherwise. Remembered in this browser only.
export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'lockstep.theme'
const THEMES: readonly Theme[] = ['auto', 'light', 'dark']

export function rememberedTheme(): Theme {
  const kept = attempt(() => localStorage.getItem(KEY))
  return THEMES.find((theme) => theme === kept) ?? 'auto'
}

export function applyTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  attempt(() => localStorage.setItem(KEY, theme))
  // Charts are drawn on a canvas, which no style reaches.
  dispatchEvent(new Event('themechange'))
}

export const nextTheme = (theme: Theme): Theme =>
  THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto'

/** A browser may forbid a page to remember anything: then it is as the machine is set. */
function attempt<T>(act: () => T): T | null {
  try {
    return act()
  } catch {
    return null
  }
}
