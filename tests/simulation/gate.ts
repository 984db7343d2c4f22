// The gate of one life of the program: everything that it does to the outside or hears from it passes here
// under a name, before and after. At a chosen step it dies as by kill -9: whoever asks synchronously gets a
// Died, whoever waits waits for ever, and nothing it still does can reach anybody. Between two steps nothing
// that happens is visible outside, so dying there is dying at the one or the other.

export class Died extends Error {
  constructor(step: string) {
    super(`dead since ${step}`)
    this.name = 'Died'
  }
}

/** Where to die: at that many passings of the step from now on; any step where it has no name. */
export interface Doom {
  readonly step: string | null
  readonly passings: number
}

export interface Gate {
  isDead(): boolean
  /** Whether it is to die somewhere: only then the name of a step is worth looking for. */
  isDoomed(): boolean
  /** Counts the step, and throws a Died if it dies here or is dead. */
  pass(step: string): void
  /** The same for who waits: never resolves for the dead. */
  passing(step: string): Promise<void>
  doom(doom: Doom): void
  /** Dies now, whatever it does. */
  kill(): void
  /** It has ended by itself: what is still on its way in it can't be what it dies of. */
  end(): void
}

export type Steps = Map<string, { passed: number; died: number }>

export function createGate(steps: Steps, onDeath: (step: string) => void): Gate {
  let deadSince: string | null = null
  let doom: { step: string | null; left: number } | null = null

  const countOf = (step: string) => {
    const known = steps.get(step) ?? { passed: 0, died: 0 }
    steps.set(step, known)
    return known
  }

  function die(step: string): void {
    deadSince = step
    countOf(step).died += 1
    onDeath(step)
  }

  function pass(step: string): void {
    if (deadSince === null) {
      countOf(step).passed += 1
      if (doom !== null && (doom.step === null || doom.step === step) && --doom.left <= 0) die(step)
    }
    if (deadSince !== null) throw new Died(deadSince)
  }

  return {
    isDead: () => deadSince !== null,
    isDoomed: () => doom !== null,
    pass,
    async passing(step) {
      try {
        pass(step)
      } catch {
        await forEver()
      }
    },
    doom: ({ step, passings }) => {
      doom = { step, left: passings }
    },
    kill() {
      if (deadSince === null) die('kill')
    },
    end() {
      deadSince ??= 'its end'
    },
  }
}

export const forEver = (): Promise<never> => new Promise<never>(() => undefined)
