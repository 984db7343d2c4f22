// Files that only their owner can read. SQLite gives a file's companions the rights of the file itself, so
// it is enough to make the file before SQLite does. An existing one is never opened here: closing a handle
// of it would drop the locks that this process has on it.
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'

export function makePrivate(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}
