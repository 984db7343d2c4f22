// Columns of figures in a table: their heads, and the figures of one row.

export function NumberHeads({ names }: { names: readonly string[] }) {
  return (
    <>
      {names.map((name) => (
        <th key={name} scope="col" class="number">
          {name}
        </th>
      ))}
    </>
  )
}

export function Numbers({ of }: { of: readonly (string | number)[] }) {
  return (
    <>
      {of.map((figure, at) => (
        <td key={at} class="number">
          {figure}
        </td>
      ))}
    </>
  )
}
