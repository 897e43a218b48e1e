// The few web standards that pure code may use: they are in every browser and in Node, but not in the ES library.
// Pure packages compile with `types: []`, so what is not named here does not exist for them.
declare class TextEncoder {
  encode(input?: string): Uint8Array
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(input?: Uint8Array): string
}
