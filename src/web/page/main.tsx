// Where the page begins in the browser.
import { render } from 'preact'
import { App } from './app.tsx'
import { createLive, LiveProvider } from './live.ts'
import { applyTheme, rememberedTheme } from './theme.ts'

applyTheme(rememberedTheme())
const live = createLive()
const root = document.getElementById('page')
if (root === null) throw new Error('index.html has no place for the page')
render(
  <LiveProvider value={live}>
    <App />
  </LiveProvider>,
  root,
)
void live.start()
