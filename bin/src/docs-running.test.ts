// Every command of docs/running.md is run as it stands, in its order, on a system of its own: namespaces with an overlay over
// /etc, /usr, /var and the clone, so that nothing is left here. No systemd runs there: `systemctl` and `journalctl` are stand-ins
// that start what the installed unit names, as the account that it names; packaging.test.ts holds the unit against systemd.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEEDS, mayDo } from '@cccd/daemon/audit'
import { checkDeskConfig, ROLES } from '@cccd/daemon/local'
import { testDocument } from '@cccd/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(root, 'docs', 'running.md'), 'utf8')
const blocks = (kind: string): string[] =>
  [...page.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)]
    .filter(([, named]) => named === kind)
    .map(([, , text]) => text as string)

/** Lines of the shell blocks with the exit code that a comment promises. */
const commands = blocks('sh')
  .flatMap(text => text.split('\n'))
  .filter(line => line !== '')
  .map(line => ({ line: line.replace(/\s+#.*$/, ''), exit: Number(/#\s*exit (\d+)/.exec(line)?.[1] ?? 0) }))

describe('docs/running.md', () => {
  test('shows what each role may do as the desk holds it', () => {
    const rows = DEEDS.map(
      deed => `| ${deed.vi} · *${deed.en}* | ${ROLES.map(role => (mayDo(role, deed) ? '✔' : '')).join(' | ')} |`,
    )
    const table = `<!-- roles -->\n| việc · deed | ${ROLES.join(' | ')} |\n|---|---|---|---|\n${rows.join('\n')}\n<!-- /roles -->`
    expect(/<!-- roles -->[\s\S]*<!-- \/roles -->/.exec(page)?.[0]).toBe(table)
  })

  test('shows configurations that the desk takes', () => {
    const shown = [...blocks('json'), ...blocks('json consent')]
    expect(shown).toHaveLength(2)
    for (const text of shown) expect(checkDeskConfig(JSON.parse(text)).faults).toEqual([])
  })

  test('names every setting of the audit log', () => {
    const { config } = checkDeskConfig({ audit: { folder: 'a', keyFile: 'b' } })
    for (const name of Object.keys(config?.audit ?? {})) expect(page).toContain(`| \`${name}\` |`)
  })

  test('links to files that are there', () => {
    for (const [, link] of page.matchAll(/\]\(([^)#]+)\)/g))
      expect([link, existsSync(join(root, 'docs', link as string))]).toEqual([link, true])
    for (const [path] of page.matchAll(/packaging[/\\][\w./\\-]+\w/g)) {
      expect([path, existsSync(join(root, path.replaceAll('\\', '/')))]).toEqual([path, true])
    }
  })
})

const SYSTEM = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$MEMORY"
lay() {
  mkdir -p "$MEMORY/up/$1" "$MEMORY/work/$1" "$3"
  mount -t overlay overlay -o "lowerdir=$2,upperdir=$MEMORY/up/$1,workdir=$MEMORY/work/$1" "$3"
}
for part in etc usr var; do lay $part /$part /$part; done
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /opt
lay clone "$CLONE" /opt/cccd
ip link set lo up
`

/** Whether this machine allows such a system; else why not. */
function systemMissing(): string | undefined {
  if (process.platform !== 'linux') return 'systemd is on Linux alone'
  for (const tool of ['unshare', 'setpriv', 'ip', 'curl', 'openssl', 'systemd-sysusers']) {
    if (spawnSync('which', [tool]).status !== 0) return `${tool} is not installed`
  }
  const memory = mkdtempSync(join(tmpdir(), 'cccd-system-'))
  try {
    const { status, stderr } = inSystem(memory, 'true')
    return status === 0
      ? undefined
      : `namespaces and overlays are not allowed here: ${stderr.trim().split('\n').at(-1)}`
  } finally {
    rmSync(memory, { recursive: true })
  }
}

function inSystem(memory: string, script: string): { status: number | null; stderr: string } {
  return spawnSync(
    'unshare',
    ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', SYSTEM + script],
    {
      encoding: 'utf8',
      timeout: 90_000,
      killSignal: 'SIGKILL',
      env: {
        PATH: `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        HOME: '/root',
        LC_ALL: 'C.UTF-8',
        MEMORY: memory,
        CLONE: root,
      },
    },
  )
}

const SUDO = '#!/bin/sh\nexec "$@"\n'
const SYSTEMCTL = `#!/bin/sh
unit=/etc/systemd/system/cccd-desk.service
user=$(sed -n 's/^User=//p' $unit)
alive() { [ -f /run/desk.pid ] && kill -0 "$(cat /run/desk.pid)" 2>/dev/null; }
start() {
  alive && return 0
  install -d -m 700 -o $user -g $user /var/lib/cccd-desk /run/cccd-desk
  command=$(sed -n 's/^ExecStart=.usr.bin.node //p' $unit)
  cd /
  env -i PATH="$PATH" NODE_ENV=production setpriv --reuid $user --regid $user --clear-groups --no-new-privs --bounding-set=-all \\
    "$NODE" $command >>/run/journal 2>&1 &
  echo $! >/run/desk.pid
  for _ in $(seq 100); do curl -sf http://127.0.0.1:27107/health >/dev/null && return 0; sleep 0.1; done
  return 1
}
stop() {
  alive || return 0
  kill "$(cat /run/desk.pid)"
  for _ in $(seq 100); do alive || return 0; sleep 0.1; done
  return 1
}
case "$*" in
daemon-reload) [ -f $unit ] ;;
"enable --now cccd-desk"|"start cccd-desk") start ;;
"disable --now cccd-desk"|"stop cccd-desk") stop ;;
"restart cccd-desk") stop && start ;;
"reload cccd-desk") alive && kill -HUP "$(cat /run/desk.pid)" ;;
"is-active cccd-desk") if alive; then echo active; else echo inactive; exit 3; fi ;;
*) echo "unknown: $*" >&2; exit 1 ;;
esac
`
const JOURNALCTL = '#!/bin/sh\ntail -n "$6" /run/journal\n'

const missing = systemMissing()
describe.skipIf(missing)(`the commands of docs/running.md${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-running-'))
  const results: { line: string; exit: number; status: number; out: string }[] = []
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  beforeAll(async () => {
    const [bin, memory, out] = ['bin', 'memory', 'out'].map(name => join(folder, name)) as [string, string, string]
    for (const one of [bin, memory, out]) mkdirSync(one)
    for (const [name, text] of Object.entries({ sudo: SUDO, systemctl: SYSTEMCTL, journalctl: JOURNALCTL })) {
      writeFileSync(join(bin, name), text)
      chmodSync(join(bin, name), 0o755)
    }
    const { csca } = await testDocument()
    writeFileSync(join(folder, 'csca.cer'), csca)
    writeFileSync(join(folder, 'desk.json'), blocks('json')[0] as string)
    const steps = commands.map(({ line }, i) => {
      const run = line.startsWith('cd ') ? line : `echo 999190000001 | { ${line}; }`
      return `{ ${run}; } >"${out}/${i}" 2>&1; echo $? >"${out}/${i}.status"\n`
    })
    const script = `export PATH="${bin}:$PATH" NODE="${process.execPath}"
cp "${folder}/csca.cer" "${folder}/desk.json" /opt/cccd/
set +e
${steps.join('')}find /var/lib/cccd-desk /etc/cccd -printf '%m %u %p\\n' | sort -k3 >"${out}/left"
cat /run/journal >"${out}/journal"
`
    const { status, stderr } = inSystem(memory, script)
    if (status !== 0) throw new Error(`the system ended with ${status}: ${stderr}`)
    for (const [i, { line, exit }] of commands.entries()) {
      const read = (name: string): string => readFileSync(join(out, name), 'utf8')
      results.push({ line, exit, status: Number(read(`${i}.status`)), out: read(`${i}`) })
    }
  }, 120_000)

  const outOf = (part: string): string => results.find(({ line }) => line.includes(part))?.out ?? ''

  test('end as the page says, each of them', () => {
    expect(results.length).toBeGreaterThan(30)
    for (const { line, exit, status, out } of results)
      expect([line, status, status === exit ? '' : out]).toEqual([line, exit, ''])
  })

  test('start a desk that answers, pairs and keeps a log that verifies', () => {
    expect(outOf('is-active')).toBe('active\n')
    expect(JSON.parse(outOf('/health'))).toMatchObject({ name: 'cccd' })
    expect(outOf('--origin')).toMatch(/[2-9A-Z]{4}-[2-9A-Z]{4}/)
    expect(outOf('--key /var/lib/cccd-desk/audit.key')).toContain('NHẬT KÝ NGUYÊN VẸN')
    expect(outOf('audit find')).toContain('Nhật ký không có lần đọc nào của số này.')
    expect(outOf('cccd_')).toContain('cccd_audit_failing 0')
    const journal = readFileSync(join(folder, 'out', 'journal'), 'utf8')
    expect(journal.match(/"event":"listening"/g)?.length).toBe(3)
    expect(journal).not.toContain('"level":"error"')
    // What pairs is told on a terminal, not to the journal.
    expect(journal).not.toContain('#code=')
  })

  test("leave the desk's things to its account alone", () => {
    const left = readFileSync(join(folder, 'out', 'left'), 'utf8')
    for (const line of left
      .trim()
      .split('\n')
      .filter(one => one.includes('/var/lib/cccd-desk'))) {
      expect(line).toMatch(/^(700|600) cccd-desk /)
    }
    expect(left).toMatch(/^640 root \/etc\/cccd\/desk\.json$/m)
    expect(left).toMatch(/^600 cccd-desk \/var\/lib\/cccd-desk\/audit\.key$/m)
  })
})
