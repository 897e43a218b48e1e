import { chmod, readFile, writeFile } from 'node:fs/promises'
import { CURVE_NAMES, type CurveName } from '@cccd/card-core'
import { type CertificateRole, type LintReport, lintCertificate, lintCrl } from '@cccd/personalization'
import {
  type Act,
  Authority,
  createPersonKey,
  type Dates,
  type KeySpec,
  type Person,
  type RequestView,
} from '@cccd/personalization/authority'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { type Output, printable, table, UsageError } from '../output.ts'
import type { Context } from '../wiring.ts'

type Options = Readonly<Record<string, unknown>>
type Verb = (context: Context, options: Options, words: readonly string[]) => Promise<ExitCode>

/** `cccd authority …`: a test authority whose acts two people approve, and the lint of certificates and CRLs. */
export async function authority(context: Context, options: Options, words: readonly string[]): Promise<ExitCode> {
  const [verb = '', ...rest] = words
  const act = VERBS[verb]
  if (act) return await act(context, options, rest)
  throw new UsageError({
    vi: `cccd authority nhận: ${Object.keys(VERBS).join(', ')}.`,
    en: `cccd authority takes: ${Object.keys(VERBS).join(', ')}.`,
  })
}

const VERBS: Readonly<Record<string, Verb>> = { person, found, ask, approve, run, list, verify, lint }

function usage(vi: string, en: string): UsageError {
  return new UsageError({ vi, en })
}

function text(options: Options, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

function texts(options: Options, name: string): readonly string[] {
  const value = options[name]
  return Array.isArray(value) ? value : []
}

function folderOf([folder]: readonly string[]): string {
  if (folder !== undefined) return folder
  throw usage('Thiếu thư mục của cơ quan cấp.', "The authority's folder is missing.")
}

function numberOf([, number]: readonly string[]): number {
  if (number !== undefined && /^\d{1,9}$/.test(number)) return Number(number)
  throw usage('Thiếu số của yêu cầu.', 'The number of the request is missing.')
}

function whole(options: Options, name: string, otherwise: number, most: number): number {
  const value = text(options, name)
  if (value === undefined) return otherwise
  if (/^\d{1,6}$/.test(value) && Number(value) >= 1 && Number(value) <= most) return Number(value)
  throw usage(`--${name} cần số từ 1 đến ${most}.`, `--${name} wants a number from 1 to ${most}.`)
}

function open(context: Context, words: readonly string[]): Authority {
  const { now, random } = context
  return new Authority({ folder: folderOf(words), now, random })
}

/** The passphrase is the first line of a file; `-` is standard input. Never an argument, which others could see. */
async function passphraseFrom(context: Context, options: Options): Promise<string> {
  const path = text(options, 'passphraseFile')
  if (path === undefined) {
    throw usage(
      'Cần --passphrase-file TỆP (“-” đọc từ stdin).',
      'Give --passphrase-file FILE (“-” reads standard input).',
    )
  }
  if (path !== '-') return firstLine(await readFile(path, 'utf8'))
  let typed = ''
  for await (const chunk of context.stdin) {
    typed += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
    if (typed.includes('\n')) break
  }
  return firstLine(typed)
}

function firstLine(value: string): string {
  return value.split(/\r?\n/, 1)[0] ?? ''
}

async function person(context: Context, options: Options, [name]: readonly string[]): Promise<ExitCode> {
  const path = text(options, 'key')
  if (name === undefined || path === undefined) {
    throw usage(
      'cccd authority person TÊN --key TỆP --passphrase-file TỆP',
      'cccd authority person NAME --key FILE --passphrase-file FILE',
    )
  }
  const { pem, publicKey } = createPersonKey(await passphraseFrom(context, options))
  await writeFile(path, pem, { mode: 0o600, flag: 'wx' })
  const card = `${path}.pub.json`
  await writeFile(card, `${JSON.stringify({ name, publicKey }, null, 2)}\n`, { flag: 'wx' })
  context.output.result({ name, key: path, card, publicKey }, () =>
    table([
      [context.output.pick({ vi: 'Khóa riêng', en: 'Private key' }), path],
      [context.output.pick({ vi: 'Thẻ công khai', en: 'Public card' }), card],
    ]),
  )
  return EXIT.ok
}

async function personFrom(path: string): Promise<Person> {
  const card = parsed(await readFile(path, 'utf8')) as Partial<Person> | undefined
  if (typeof card?.name !== 'string' || typeof card.publicKey !== 'string') {
    throw usage(`${path} không phải thẻ công khai của một người.`, `${path} is no public card of a person.`)
  }
  return { name: card.name, publicKey: card.publicKey }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const TEST_ORGANIZATION = 'CCCD toolkit TEST'

async function found(context: Context, options: Options, words: readonly string[]): Promise<ExitCode> {
  const { output, now, random } = context
  const folder = folderOf(words)
  const people: Person[] = []
  for (const path of texts(options, 'person')) people.push(await personFrom(path))
  const name = {
    country: text(options, 'country') ?? 'VN',
    organization: TEST_ORGANIZATION,
    commonName: text(options, 'name') ?? 'CSCA TEST - not a real authority',
  }
  const approvals = whole(options, 'approvals', 2, 20)
  await Authority.found({ folder, now, random }, { test: true, name, people, approvals })
  await chmod(folder, 0o700)
  output.result({ folder, test: true, name, people: people.map(one => one.name), approvals }, () => [
    output.pick({
      vi: `Đã lập cơ quan cấp THỬ trong ${folder}; mỗi việc cần ${approvals} người duyệt.`,
      en: `A TEST authority was founded in ${folder}; each act wants ${approvals} approvals.`,
    }),
  ])
  return EXIT.ok
}

function keySpec(options: Options): KeySpec {
  const asked = text(options, 'curve') ?? 'brainpoolP384r1'
  const curve: CurveName | undefined = CURVE_NAMES.find(name => name === asked)
  if (!curve) throw usage('Không biết đường cong này.', 'That curve is not known.')
  const bits = Number(/\d{3}/.exec(curve)?.[0])
  return {
    curve,
    form: options.named === true ? 'named' : 'explicit',
    hash: bits > 384 ? 'sha512' : bits > 256 ? 'sha384' : 'sha256',
  }
}

/** Whole seconds, so that a certificate says exactly what was approved. */
function dates(now: Date, years: number, usageMonths: number): Dates {
  const at = (months: number): string => {
    const date = new Date(now)
    date.setUTCMilliseconds(0)
    date.setUTCMonth(date.getUTCMonth() + months)
    return date.toISOString()
  }
  return { notBefore: at(0), notAfter: at(years * 12), keyUntil: at(Math.min(usageMonths, years * 12)) }
}

async function actFrom(
  context: Context,
  options: Options,
  what: string | undefined,
  authority: Authority,
): Promise<Act> {
  const { name } = await authority.state()
  const csca = text(options, 'csca') ?? 'csca-001'
  const base64 = async (path: string): Promise<string> => (await readFile(path)).toString('base64')
  switch (what) {
    case 'csca': {
      const after = text(options, 'after')
      const period = dates(context.now(), whole(options, 'years', 15, 30), whole(options, 'usageMonths', 60, 360))
      return { what, key: keySpec(options), name, dates: period, ...(after === undefined ? {} : { after }) }
    }
    case 'document-signer':
    case 'master-list-signer': {
      const publicKeys: string[] = []
      for (const path of texts(options, 'publicKey')) publicKeys.push(await base64(path))
      const title = what === 'document-signer' ? 'Document Signer TEST' : 'Master List Signer TEST'
      return {
        what,
        csca,
        key: keySpec(options),
        name: { ...name, commonName: `${title} - not a real authority` },
        dates: dates(context.now(), whole(options, 'years', 11, 30), whole(options, 'usageMonths', 3, 360)),
        count: whole(options, 'count', 1, 1000),
        ...(publicKeys.length > 0 ? { publicKeys } : {}),
      }
    }
    case 'crl': {
      const revoke = texts(options, 'revoke').map(entry => {
        const [serialNumber = '', reason] = entry.split(':')
        if (!/^([0-9A-Fa-f]{2}){1,20}$/.test(serialNumber) || (reason !== undefined && !/^\d{1,2}$/.test(reason))) {
          throw usage(
            '--revoke cần SỐ-SÊ-RI hex, hoặc SỐ:LÝ-DO.',
            '--revoke wants a serial number in hex, or SERIAL:REASON.',
          )
        }
        return { serialNumber, ...(reason === undefined ? {} : { reason: Number(reason) }) }
      })
      return { what, csca, days: whole(options, 'days', 30, 90), revoke }
    }
    case 'master-list': {
      const certificates: string[] = []
      for (const path of texts(options, 'with')) certificates.push(await base64(path))
      return { what, signer: text(options, 'signer') ?? 'mls-001', hash: 'sha384', certificates }
    }
    case 'add-person': {
      const [path] = texts(options, 'person')
      if (path === undefined) throw usage('Cần --person TỆP.pub.json.', 'Give --person FILE.pub.json.')
      return { what, person: await personFrom(path) }
    }
    case 'remove-person': {
      const named = text(options, 'name')
      if (named === undefined) throw usage('Cần --name TÊN.', 'Give --name NAME.')
      return { what, name: named }
    }
    default:
      throw usage(
        'Việc: csca, document-signer, master-list-signer, crl, master-list, add-person, remove-person.',
        'Acts: csca, document-signer, master-list-signer, crl, master-list, add-person, remove-person.',
      )
  }
}

async function ask(context: Context, options: Options, words: readonly string[]): Promise<ExitCode> {
  const authority = open(context, words)
  const view = await authority.ask(await actFrom(context, options, words[1], authority))
  showRequest(context.output, view)
  return EXIT.ok
}

async function approve(context: Context, options: Options, words: readonly string[]): Promise<ExitCode> {
  const key = text(options, 'key')
  if (key === undefined) throw usage('Cần --key TỆP khóa của người duyệt.', "Give --key, the approver's key file.")
  const pem = await readFile(key, 'utf8')
  const authority = open(context, words)
  showRequest(
    context.output,
    await authority.approve(numberOf(words), { pem, passphrase: await passphraseFrom(context, options) }),
  )
  return EXIT.ok
}

async function run(context: Context, _options: Options, words: readonly string[]): Promise<ExitCode> {
  const { output } = context
  const { record, lint: reports } = await open(context, words).carryOut(numberOf(words))
  output.result({ record, lint: reports }, () => [
    ...table(record.made.map(({ file, sha256 }) => [file, sha256])),
    ...reports.flatMap(report => lintLines(output, report)),
  ])
  return EXIT.ok
}

function showRequest(output: Output, view: RequestView): void {
  output.result(view, () => requestLines(output, view))
}

function requestLines(output: Output, { request, digest, approvedBy, needed, done }: RequestView): string[] {
  const state = done
    ? output.pick({ vi: `đã làm lúc ${done.at}`, en: `carried out at ${done.at}` })
    : output.pick({
        vi: `${approvedBy.length}/${needed} người duyệt: ${approvedBy.join(', ') || '–'}`,
        en: `${approvedBy.length} of ${needed} approved: ${approvedBy.join(', ') || '–'}`,
      })
  return table([
    [String(request.number), `${request.act.what}  ${state}`],
    ['', digest],
  ]).map(printable)
}

async function list(context: Context, _options: Options, words: readonly string[]): Promise<ExitCode> {
  const authority = open(context, words)
  const { test, name, people, approvals } = await authority.state()
  const requests = await authority.requests()
  context.output.result({ test, name, people, approvals, requests }, () => [
    `${name.commonName} (${people.map(one => one.name).join(', ')})`,
    ...requests.flatMap(view => requestLines(context.output, view)),
  ])
  return EXIT.ok
}

async function verify(context: Context, _options: Options, words: readonly string[]): Promise<ExitCode> {
  const { output } = context
  const faults = await open(context, words).inspect()
  output.result({ ok: faults.length === 0, faults }, () =>
    faults.length === 0
      ? [output.pick({ vi: 'Mọi biên bản và tệp đều khớp.', en: 'Every record and every file agrees.' })]
      : table(faults.map(({ file, vi, en }) => [file, output.pick({ vi, en })])),
  )
  return faults.length === 0 ? EXIT.ok : EXIT.failed
}

const ROLES: Readonly<Record<string, CertificateRole | 'crl'>> = {
  csca: 'csca',
  link: 'link',
  'document-signer': 'documentSigner',
  'master-list-signer': 'masterListSigner',
  crl: 'crl',
}

async function lint(context: Context, options: Options, files: readonly string[]): Promise<ExitCode> {
  const { output } = context
  if (files.length === 0) throw usage('Cần một hay nhiều tệp.', 'One file or more is wanted.')
  const role = text(options, 'role')
  if (role !== undefined && !(role in ROLES)) {
    throw usage(`--role nhận: ${Object.keys(ROLES).join(', ')}.`, `--role takes: ${Object.keys(ROLES).join(', ')}.`)
  }
  const issuerPath = text(options, 'issuer')
  const issuer = issuerPath === undefined ? undefined : derOf(await readFile(issuerPath))
  const reports: (LintReport & { readonly file: string })[] = []
  for (const file of files) {
    const der = derOf(await readFile(file))
    const meant = role === undefined ? undefined : ROLES[role]
    const isCrl = meant === 'crl' || (meant === undefined && /\.crl$/i.test(file))
    const signed = issuer === undefined ? {} : { issuer }
    const report = isCrl
      ? lintCrl(der, signed)
      : lintCertificate(der, { ...signed, ...(meant === undefined ? {} : { role: meant }) })
    reports.push({ file, ...report })
  }
  output.result({ ok: reports.every(({ clean }) => clean), reports }, () =>
    reports.flatMap(report => [report.file, ...lintLines(output, report)]).map(printable),
  )
  return reports.every(({ clean }) => clean) ? EXIT.ok : EXIT.failed
}

const PEM = /-----BEGIN [A-Z0-9 ]+-----([A-Za-z0-9+/=\s]+)-----END/

function derOf(bytes: Uint8Array): Uint8Array {
  const match = bytes[0] === 0x30 ? null : PEM.exec(Buffer.from(bytes).toString('latin1'))
  return Uint8Array.from(match ? Buffer.from(match[1] ?? '', 'base64') : bytes)
}

function lintLines(output: Output, { kind, name, findings, clean }: LintReport): string[] {
  const mark = clean ? output.pick({ vi: 'ĐẠT', en: 'CLEAN' }) : output.pick({ vi: 'KHÔNG ĐẠT', en: 'NOT CLEAN' })
  return [
    `  ${mark}  ${kind}  ${name}`,
    ...findings.map(({ rule, severity, clause, vi, en, detail }) => {
      const level =
        severity === 'error' ? output.pick({ vi: 'lỗi', en: 'error' }) : output.pick({ vi: 'lưu ý', en: 'warning' })
      return `    ${level}  ${rule}: ${output.pick({ vi, en })}${detail === undefined ? '' : ` [${detail}]`} (${clause})`
    }),
  ]
}
