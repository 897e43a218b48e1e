// The house as data: which package may import which. ARCHITECTURE.md draws the same picture.
export const LAYERS = {
  '@cccd/mrz': [],
  '@cccd/card-core': ['@cccd/mrz'],
  '@cccd/card-reader': ['@cccd/mrz', '@cccd/card-core'],
  '@cccd/card-simulator': ['@cccd/mrz', '@cccd/card-core'],
  '@cccd/verifier': ['@cccd/mrz', '@cccd/card-core'],
  '@cccd/personalization': ['@cccd/mrz', '@cccd/card-core', '@cccd/card-reader', '@cccd/verifier'],
  '@cccd/daemon': ['@cccd/mrz', '@cccd/card-core', '@cccd/card-reader', '@cccd/verifier'],
  '@cccd/fixtures': ['@cccd/mrz', '@cccd/card-core', '@cccd/card-simulator', '@cccd/verifier', '@cccd/personalization'],
  cccd: [
    '@cccd/mrz',
    '@cccd/card-core',
    '@cccd/card-reader',
    '@cccd/card-simulator',
    '@cccd/verifier',
    '@cccd/personalization',
    '@cccd/daemon',
  ],
}

// What tests may add to that. The chip end is never tested with our own terminal end in its own package: the two ends
// meet in card-reader's tests and above.
export const TEST_EXTRA = {
  '@cccd/mrz': [],
  '@cccd/card-core': [],
  '@cccd/card-reader': ['@cccd/card-simulator', '@cccd/fixtures', '@cccd/personalization', '@cccd/verifier'],
  '@cccd/card-simulator': ['@cccd/fixtures', '@cccd/personalization'],
  '@cccd/verifier': ['@cccd/fixtures', '@cccd/personalization', '@cccd/card-simulator'],
  '@cccd/personalization': ['@cccd/card-simulator'],
  '@cccd/daemon': ['@cccd/card-simulator', '@cccd/fixtures', '@cccd/personalization'],
  '@cccd/fixtures': [],
  cccd: ['@cccd/fixtures'],
}
