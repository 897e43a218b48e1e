export interface InventedRecord {
  readonly personalNumber: string
  readonly fullName: string
  readonly [field: string]: unknown
}
export function goodRecord(n: number): InventedRecord
export const FAULTS: readonly {
  readonly reason: string
  line(record: InventedRecord, first: InventedRecord): string
}[]
export function inventedLines(count: number, expected?: Map<string, number>): Generator<string>
