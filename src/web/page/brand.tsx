// The name with its sign: one step, and the same step after it.
export function Brand() {
  return (
    <p class="brand">
      <svg viewBox="0 0 20 20" aria-hidden="true" focusable="false">
        <path
          d="M2 15h5V9h5V3h6M2 19h9v-6h5V7h2"
          fill="none"
          stroke="currentColor"
          stroke-width="2"
        />
      </svg>
      <span>Lockstep</span>
    </p>
  )
}
