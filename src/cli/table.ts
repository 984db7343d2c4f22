// Columns that line up: text to the left, numbers to the right, two spaces between, nothing behind the
// last. Widths count characters, so labels in wide scripts may stand a little off; they are never cut.

export interface Column {
  readonly head: string
  readonly align: 'left' | 'right'
}

export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map(({ head }, at) =>
    Math.max(...[head, ...rows.map((row) => row[at] ?? '')].map((text) => [...text].length)),
  )
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, at) => {
        const text = cells[at] ?? ''
        const gap = ' '.repeat((widths[at] ?? 0) - [...text].length)
        return align === 'left' ? `${text}${gap}` : `${gap}${text}`
      })
      .join('  ')
      .trimEnd()
  return [columns.map(({ head }) => head), ...rows].map((row) => `${line(row)}\n`).join('')
}
