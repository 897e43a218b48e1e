import type { Page } from 'playwright-core'

export interface ContrastOf {
  readonly text: string
  readonly ratio: number
}

interface InPageChecks {
  accessibilityFaults(): readonly string[]
  lowestContrast(selector: string): ContrastOf
}

/** The functions that run in the page. They know the DOM, which the compiler of these tests does not. */
async function inPage(): Promise<InPageChecks> {
  return (await import(new URL('../page/testing/in-page-checks.ts', import.meta.url).pathname)) as InPageChecks
}

/** Everything that is wrong with the page as it stands, as sentences; empty when nothing is. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  return await page.evaluate((await inPage()).accessibilityFaults)
}

/** The lowest contrast (WCAG 2.2 §1.4.3) of any text that is shown within `selector`, with what it says. */
export async function lowestContrast(page: Page, selector = 'body'): Promise<ContrastOf> {
  return await page.evaluate((await inPage()).lowestContrast, selector)
}
