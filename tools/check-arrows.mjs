// Refuses imports that go up or sideways between packages, reach past a package's exports, or lead from pure code into
// a src/node folder. Run by `npm run check`; `arrowsOf` is used by check-rules.mjs to show that it still refuses.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { LAYERS, TEST_EXTRA } from './layers.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const IMPORT =
  /(?:^|[\n;])\s*(?:import|export)\b[^'"();]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g

/** The faults of one source file: sentences, empty when all is well. `path` is relative to the package's folder. */
export function arrowsOf(packageName, path, text) {
  const faults = []
  const isTest = /\.test\.tsx?$|\/(testing|conformance)\//.test(path)
  const inNode = path.split('/').includes('node')
  const allowed = new Set([packageName, ...LAYERS[packageName], ...(isTest ? TEST_EXTRA[packageName] : [])])
  for (const match of text.matchAll(IMPORT)) {
    const target = match[1] ?? match[2] ?? match[3]
    if (target.startsWith('.')) {
      if (!inNode && !isTest && packageName.startsWith('@cccd/') && /\/node\//.test(target)) {
        faults.push(`pure code imports ${target}`)
      }
      continue
    }
    // npm leaves it out where it cannot be built, and then the compiler would not find it.
    if (target === '@pokusew/pcsclite') faults.push('the PC/SC module may be missing: load it by PCSC_MODULE')
    const [scope, name, ...rest] = target.split('/')
    if (scope !== '@cccd') continue
    const to = `${scope}/${name}`
    if (!(to in LAYERS)) faults.push(`${to} is no package of this house`)
    else if (!allowed.has(to)) faults.push(`${packageName} may not import ${to}`)
    if (rest[0] === 'src' || rest[0] === 'dist') faults.push(`${target} reaches past the exports of ${to}`)
  }
  return faults
}

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    else if (/\.tsx?$/.test(entry.name)) yield path
  }
}

export function checkArrows() {
  const folders = [
    ...readdirSync(join(root, 'packages')).map(name => join(root, 'packages', name)),
    join(root, 'bin'),
    join(root, 'fixtures'),
  ]
  const faults = []
  let files = 0
  for (const folder of folders) {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    if (!(manifest.name in LAYERS)) faults.push(`${manifest.name}: not in tools/layers.mjs`)
    const declared = { ...manifest.dependencies, ...manifest.optionalDependencies }
    for (const name of Object.keys(declared)) {
      if (name.startsWith('@cccd/') && !LAYERS[manifest.name]?.includes(name)) {
        faults.push(`${manifest.name}: package.json declares ${name}, the layers forbid it`)
      }
    }
    for (const path of sources(join(folder, 'src'))) {
      files++
      const inside = relative(folder, path).split(sep).join('/')
      for (const fault of arrowsOf(manifest.name, inside, readFileSync(path, 'utf8'))) {
        faults.push(`${relative(root, path)}: ${fault}`)
      }
    }
  }
  return { files, faults }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { files, faults } = checkArrows()
  for (const fault of faults) console.error(fault)
  if (files === 0) throw new Error('no source file was found')
  console.log(`arrows: ${files} files, ${faults.length} faults`)
  process.exitCode = faults.length ? 1 : 0
}
