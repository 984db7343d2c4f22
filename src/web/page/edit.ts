// What is typed into the form of an account's limits and sizing, and what of it is a change. Pure.
import type { EditBody, FollowerSettingsText, LimitsText, SizingText } from '../shapes/accounts.ts'
import type { SettingFault } from '../shapes/said.ts'
import { LIMITS } from './words.ts'

export type SizingChoice = 'mirror' | 'multiplier' | 'quantity' | 'lots' | 'proportional'

export interface EditForm {
  readonly sizing: SizingChoice
  /** Of multiplier, quantity and lots. */
  readonly amount: string
  readonly rounding: FollowerSettingsText['rounding']
  /** Empty: no limit. */
  readonly limits: Readonly<Record<keyof LimitsText, string>>
}

export function formOf({ sizing, rounding, limits }: FollowerSettingsText): EditForm {
  return {
    ...sizingFields(sizing),
    rounding,
    limits: Object.fromEntries(
      LIMITS.map(({ key }) => [key, limits[key] ?? '']),
    ) as EditForm['limits'],
  }
}

function sizingFields(sizing: SizingText): Pick<EditForm, 'sizing' | 'amount'> {
  if (sizing.mode === 'multiplier') return { sizing: 'multiplier', amount: sizing.by }
  if (sizing.mode !== 'fixed') return { sizing: sizing.mode, amount: '' }
  return 'lots' in sizing
    ? { sizing: 'lots', amount: sizing.lots }
    : { sizing: 'quantity', amount: sizing.quantity }
}

function sizingOf({ sizing, amount }: EditForm): SizingText {
  const value = amount.trim()
  switch (sizing) {
    case 'multiplier':
      return { mode: 'multiplier', by: value }
    case 'quantity':
      return { mode: 'fixed', quantity: value }
    case 'lots':
      return { mode: 'fixed', lots: value }
    default:
      return { mode: sizing }
  }
}

/** Only what differs from what holds now, so that nothing general is written down for one follower. */
export function changesOf(before: FollowerSettingsText, form: EditForm): EditBody {
  const sizing = sizingOf(form)
  const limits = Object.fromEntries(
    LIMITS.flatMap(({ key }) => {
      const value = form.limits[key].trim() === '' ? null : form.limits[key].trim()
      return value === before.limits[key] ? [] : [[key, value]]
    }),
  ) as Partial<LimitsText>
  return {
    ...(JSON.stringify(sizing) === JSON.stringify(before.sizing) ? {} : { sizing }),
    ...(form.rounding === before.rounding ? {} : { rounding: form.rounding }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  }
}

/** A refused form with what was wrong in it. */
export interface Marked {
  readonly form: EditForm
  readonly faults: readonly SettingFault[]
}

/** Beside the field: what stands in it and what is allowed. null as soon as the field is another. */
export function faultAt(
  marked: Marked | null,
  form: EditForm,
  field: 'sizing' | 'rounding' | keyof LimitsText,
): string | null {
  if (marked === null || valueIn(marked.form, field) !== valueIn(form, field)) return null
  const fault = marked.faults.find(({ key }) => isOf(key, field))
  return fault === undefined ? null : `${fault.key} is ${fault.found}; allowed: ${fault.allowed}`
}

/** Faults that no field of this form stands for. */
export const otherFaults = ({ faults }: Marked): readonly SettingFault[] => {
  const fields = ['sizing', 'rounding', ...LIMITS.map(({ key }) => key)] as const
  return faults.filter(({ key }) => !fields.some((field) => isOf(key, field)))
}

const isOf = (key: string, field: string): boolean =>
  key === field || key.startsWith(`${field}.`) || key === `limits.${field}`

const valueIn = (form: EditForm, field: Parameters<typeof faultAt>[2]): string =>
  field === 'sizing'
    ? `${form.sizing} ${form.amount}`
    : field === 'rounding'
      ? form.rounding
      : form.limits[field]

export const isChange = (body: EditBody): boolean => Object.keys(body).length > 0
