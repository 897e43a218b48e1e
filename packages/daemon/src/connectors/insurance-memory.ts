import type { ReadPerson } from '../person.ts'
import type { InsuranceAnswer } from './insurance-answer.ts'

/** What the gateway said of a reading, kept as long as the reading itself is: it hangs on the reading's report, and goes
 * when that is let go. */
export class InsuranceMemory {
  readonly #answers = new WeakMap<object, InsuranceAnswer>()

  note(reading: { readonly report: object }, answer: InsuranceAnswer): void {
    this.#answers.set(reading.report, answer)
  }

  /** The person with the answer, where there is one. */
  complete({ report, person }: { readonly report: object; readonly person: ReadPerson }): ReadPerson {
    const insurance = this.#answers.get(report)
    return insurance === undefined ? person : { ...person, insurance }
  }
}
