// Builds and drives the Java program beside this file: JMRTD behind one JSON line a question, one JSON line an answer.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const HOME = fileURLToPath(new URL('.', import.meta.url))

function newest(folder) {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter(entry => entry.isFile())
  return Math.max(...files.map(file => statSync(join(file.parentPath ?? file.path, file.name)).mtimeMs))
}

/** Whether what was compiled before is younger than its sources: Maven takes seconds to find out the same. */
function isBuilt() {
  const [classes, libraries] = [join(HOME, 'target', 'classes'), join(HOME, 'target', 'lib')]
  if (!existsSync(classes) || !existsSync(libraries)) return false
  const sources = Math.max(newest(join(HOME, 'src')), statSync(join(HOME, 'pom.xml')).mtimeMs)
  return sources < newest(classes)
}

/** Compiles the Java program by Maven; returns what is missing in words, or undefined when it can be run. */
export function buildPeer() {
  const java = spawnSync('java', ['-version'])
  if (java.error) return 'there is no Java'
  if (isBuilt()) return undefined
  const maven = spawnSync(
    'mvn',
    ['-q', '-B', 'compile', 'dependency:copy-dependencies', '-DoutputDirectory=target/lib'],
    {
      cwd: HOME,
      encoding: 'utf8',
      timeout: 500_000,
    },
  )
  if (maven.error) return 'there is no Maven'
  if (maven.status === 0) return undefined
  const unresolved = /Could not (resolve|transfer|find)/.test(maven.stdout)
  if (unresolved && !existsSync(join(HOME, 'target', 'lib'))) return 'Maven cannot fetch JMRTD'
  throw new Error(`the Java program does not compile:\n${maven.stdout}`)
}

const PCSC_LIBRARIES = [
  '/usr/lib/x86_64-linux-gnu/libpcsclite.so.1',
  '/usr/lib/aarch64-linux-gnu/libpcsclite.so.1',
  '/usr/lib64/libpcsclite.so.1',
]

/** Starts it; `env` names the pcscd to use. */
export function startPeer(env = {}) {
  const library = PCSC_LIBRARIES.find(path => existsSync(path))
  const classPath = [join(HOME, 'target', 'classes'), join(HOME, 'target', 'lib', '*')].join(delimiter)
  const child = spawn(
    'java',
    [...(library ? [`-Dsun.security.smartcardio.library=${library}`] : []), '-cp', classPath, 'vn.cccd.interop.Peer'],
    { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] },
  )
  const waiting = []
  let complaints = ''
  child.stderr.on('data', chunk => (complaints = (complaints + String(chunk)).slice(-4000)))
  createInterface({ input: child.stdout }).on('line', line => waiting.shift()?.resolve(JSON.parse(line)))
  const gone = new Promise(resolve => child.once('exit', () => resolve()))
  void gone.then(() => {
    for (const one of waiting.splice(0)) one.reject(new Error(`the Java program ended: ${complaints}`))
  })
  return {
    ask(request) {
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        child.stdin.write(`${JSON.stringify(request)}\n`)
      })
    },
    async stop() {
      child.stdin.end()
      const killer = setTimeout(() => child.kill('SIGKILL'), 5000)
      await gone
      clearTimeout(killer)
    },
  }
}
