// Plants one violation of each rule and demands that it is refused, so that the rules cannot fall asleep.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { arrowsOf } from './check-arrows.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
const faults = []
let planted = 0

function expect(rule, refused) {
  planted++
  if (!refused) faults.push(`not refused: ${rule}`)
}

// The linter, on a copy of the tree's shape: our biome.json, each package's package.json and one planted file apiece.
const linted = [
  ['node module in pure code', 'packages/verifier/src/a.ts', "import 'node:fs'\n", 'noNodejsModules'],
  [
    'node module in card-core outside crypto',
    'packages/card-core/src/lds/a.ts',
    "import 'node:fs'\n",
    'noNodejsModules',
  ],
  ['process in pure code', 'packages/card-core/src/lds/b.ts', 'export const a = process.pid\n', 'noRestrictedGlobals'],
  ['fetch in pure code', 'packages/card-reader/src/a.ts', "fetch('x')\n", 'noRestrictedGlobals'],
  ['undeclared dependency', 'packages/mrz/src/a.ts', "import 'commander'\n", 'noUndeclaredDependencies'],
  ['console in a package', 'packages/verifier/src/node/a.ts', "console.log('x')\n", 'noConsole'],
  ['(node modules are accepted in src/node)', 'packages/verifier/src/node/b.ts', "import 'node:fs'\n", null],
  ['(node modules are accepted in crypto)', 'packages/card-core/src/crypto/a.ts', "import 'node:crypto'\n", null],
]
const tree = mkdtempSync(join(tmpdir(), 'cccd-rules-'))
try {
  const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
  config.vcs.enabled = false
  delete config.$schema
  writeFileSync(join(tree, 'biome.json'), JSON.stringify(config))
  for (const [, path, text] of linted) {
    const home = path.split('/').slice(0, 2).join('/')
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    copyFileSync(join(root, home, 'package.json'), join(tree, home, 'package.json'))
    writeFileSync(join(tree, path), text)
  }
  const biome = require.resolve('@biomejs/biome/bin/biome')
  const run = spawnSync(process.execPath, [biome, 'lint', '--reporter=json', '.'], { cwd: tree, encoding: 'utf8' })
  const { diagnostics } = JSON.parse(run.stdout)
  for (const [rule, path, , name] of linted) {
    const found = diagnostics.filter(d =>
      (d.location?.path?.file ?? d.location?.path ?? '').replaceAll('\\', '/').endsWith(path),
    )
    expect(rule, name ? found.some(d => d.category.endsWith(name)) : found.length === 0)
  }
} finally {
  rmSync(tree, { recursive: true, force: true })
}

// Time and chance are parameters: Date.now and Math.random are members, which the linter does not look at.
const clock = /\bDate\.now\s*\(|\bnew Date\(\s*\)|\bMath\.random\s*\(/
expect(
  'clock or chance in pure code',
  clock.test('const t = Date.now()') && clock.test('new Date()') && !clock.test('new Date(at)'),
)
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'packages'], {
  cwd: root,
  encoding: 'utf8',
})
for (const path of tracked.split('\n')) {
  if (!/^packages\/[^/]+\/src\/.*\.ts$/.test(path) || /\/node\/|\/daemon\/|\.test\.ts$/.test(path)) continue
  if (existsSync(join(root, path)) && clock.test(readFileSync(join(root, path), 'utf8')))
    faults.push(`${path}: reads the clock or chance`)
}

// The arrows.
expect('arrow up', arrowsOf('@cccd/card-core', 'src/a.ts', "import { x } from '@cccd/verifier'\n").length === 1)
expect(
  'arrow sideways',
  arrowsOf('@cccd/card-simulator', 'src/a.test.ts', "import { x } from '@cccd/card-reader'\n").length === 1,
)
expect('deep import', arrowsOf('@cccd/verifier', 'src/a.ts', "import '@cccd/card-core/src/der.ts'\n").length === 1)
expect(
  'pure code into node',
  arrowsOf('@cccd/verifier', 'src/a.ts', "import x from './node/trust-store.ts'\n").length === 1,
)
expect(
  'the PC/SC module by its name',
  arrowsOf('@cccd/card-reader', 'src/node/a.ts', "await import('@pokusew/pcsclite')\n").length === 1,
)
expect(
  '(an arrow down is accepted)',
  arrowsOf('@cccd/verifier', 'src/a.ts', "import type { x } from '@cccd/card-core'\n").length === 0,
)

// The compiler: a pure package knows no Node at all.
const folder = mkdtempSync(join(root, 'packages/mrz/.planted-'))
try {
  for (const [name, text] of [
    ['a process in a pure package', 'export const a: number = process.pid\n'],
    ['a timer in a pure package', 'setTimeout(() => 1, 1)\n'],
    ['an unused null check', 'export const a: string = [1].map(String)[0]\n'],
  ]) {
    writeFileSync(join(folder, 'planted.ts'), text)
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../tsconfig.json',
        compilerOptions: { composite: false, noEmit: true, rootDir: '.', rewriteRelativeImportExtensions: false },
        include: ['planted.ts', '../../../web-standards.d.ts'],
        references: [],
      }),
    )
    const run = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(name, run.status !== 0 && /planted\.ts.*error TS2(304|322|580|591|584)/.test(run.stdout))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

for (const fault of faults) console.error(fault)
console.log(`rules: ${planted} planted, ${faults.length} faults`)
process.exitCode = faults.length ? 1 : 0
