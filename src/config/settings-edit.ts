// Edits single followers in the text of the settings file. Comments stay, and where the switch is written
// already only that word changes. What comes out is checked as the program checks it before it is kept.
import { type Document, isMap, isScalar, parseDocument, Scalar, type YAMLMap } from 'yaml'
import { checkDocument } from './check.ts'
import { readDocument } from './document.ts'
import type { Fault } from './fault.ts'

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

/** What a follower gets of its own; numbers as they are written in the file. A limit of null is `off`. */
export interface FollowerChange {
  readonly sizing?: Readonly<Record<string, string>>
  readonly rounding?: string
  readonly limits?: Readonly<Record<string, string | null>>
}

export type EditedSettings =
  | { readonly kind: 'edited'; readonly text: string }
  /** Whatever of the change is not allowed; empty: the text can't be edited without breaking it. */
  | { readonly kind: 'refused'; readonly faults: readonly Fault[] }

export function setFollower(
  text: string,
  follower: string,
  { sizing, rounding, limits }: FollowerChange,
): EditedSettings {
  const document = parse(text)
  if (!document) return { kind: 'refused', faults: [] }
  const own = sectionOf(sectionOf(document, 'followers', document), follower, document)
  if (sizing !== undefined) {
    own.delete('sizing')
    const made = sectionOf(own, 'sizing', document)
    made.flow = true
    for (const [key, value] of Object.entries(sizing)) made.set(key, written(value))
  }
  if (rounding !== undefined) own.set('rounding', rounding)
  if (limits !== undefined) {
    const made = sectionOf(own, 'limits', document)
    for (const [key, value] of Object.entries(limits))
      made.set(key, value === null ? 'off' : written(value))
  }
  const edited = print(document)
  const faults = faultsIn(edited)
  return faults.length === 0 ? { kind: 'edited', text: edited } : { kind: 'refused', faults }
}

/** A number keeps the digits that it was given: through a binary float it might get others. */
function written(value: string): unknown {
  if (!/^\d{1,15}(\.\d{1,10})?$/.test(value)) return value
  const scalar = new Scalar(Number(value))
  const [, decimals = ''] = value.split('.')
  scalar.minFractionDigits = decimals.length
  return scalar
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

const checked = (text: string): string | null => (faultsIn(text).length === 0 ? text : null)

function faultsIn(text: string): readonly Fault[] {
  const read = readDocument(text, '')
  const checked = checkDocument(read, '')
  return [...read.faults, ...(checked.kind === 'faults' ? checked.faults : [])]
}
