// Edits single followers in the text of the settings file. Comments stay, and where the switch is written
// already only that word changes. What comes out is checked as the program checks it before it is kept.
import { type Document, isMap, isScalar, parseDocument, type YAMLMap } from 'yaml'
import { checkDocument } from './check.ts'
import { readDocument } from './document.ts'

/** null: the text can't be edited without breaking it. */
export function setEnabled(text: string, follower: string, isEnabled: boolean): string | null {
  const document = parse(text)
  const found = document?.getIn(['followers', follower, 'enabled'], true)
  if (isScalar(found) && found.range) {
    const [from, to] = found.range
    return checked(`${text.slice(0, from)}${isEnabled}${text.slice(to)}`)
  }
  if (!document) return null
  const own = sectionOf(sectionOf(document, 'followers', document), follower, document)
  own.set('enabled', isEnabled)
  return checked(print(document))
}

/** The same text when there is nothing of that follower in it. */
export function dropFollower(text: string, follower: string): string | null {
  const document = parse(text)
  if (!document?.hasIn(['followers', follower])) return text
  document.deleteIn(['followers', follower])
  const rest = document.get('followers')
  if (isMap(rest) && rest.items.length === 0) document.delete('followers')
  return checked(document.contents === null || isEmpty(document) ? '' : print(document))
}

function parse(text: string): Document | null {
  const document = parseDocument(text, { version: '1.2', schema: 'core', keepSourceTokens: true })
  if (document.errors.length > 0) return null
  return document.contents === null || isMap(document.contents) ? document : null
}

/** Made where it is missing, or left empty by lines that are all commented out. */
function sectionOf(parent: Document | YAMLMap, name: string, document: Document): YAMLMap {
  const found = parent.get(name)
  if (isMap(found)) return found
  const made = document.createNode({}) as YAMLMap
  parent.set(name, made)
  return made
}

const isEmpty = ({ contents }: Document): boolean => isMap(contents) && contents.items.length === 0

const print = (document: Document): string =>
  document.toString({ lineWidth: 0, flowCollectionPadding: true })

function checked(text: string): string | null {
  const read = readDocument(text, '')
  return read.faults.length === 0 && checkDocument(read, '').kind === 'valid' ? text : null
}
