/** The connectors' part of the desk's configuration. Secrets stand in files of their own and are named by path only. */
import { z } from 'zod'
import { FIELD_NAMES, type FieldName } from '../person.ts'
import { templateFault } from './text/template.ts'

/** A server that the operator named. */
export interface ServerConfig {
  /** http or https, without user, query and fragment: those would put secrets into the configuration. */
  readonly url: string
  /** Asked for by name: http to another machine sends personal data unencrypted. Loopback needs no leave. */
  readonly plainHttp: boolean
  /** Certificates in PEM that this server's is checked with, instead of the system's. */
  readonly caFile?: string
  /** For the whole call: connecting, sending, waiting, the answer to its last byte. */
  readonly timeoutMs: number
}

export interface InsuranceConfig extends ServerConfig {
  readonly username: string
  readonly passwordFile: string
  /** The gateway takes the MD5 of the password in hexadecimal; published descriptions differ in its case. */
  readonly passwordDigest: 'lower' | 'upper'
  /** The clerk whom the facility registered with the gateway (hoTenCb, cccdCb). */
  readonly clerk: { readonly fullName: string; readonly personalNumber: string }
  /** dd/MM/yyyy or ddMMyyyy: the gateway's own table and its example differ. */
  readonly birthDate: 'slashes' | 'compact'
  /** The gateway sends treatments and earlier checks along: health data, dropped unless asked for by name. */
  readonly history: 'drop' | 'pass'
}

export interface FhirConfig {
  /** Without it bundles are only returned. */
  readonly server?: ServerConfig & { readonly tokenFile?: string }
  readonly systems: { readonly personalNumber: string; readonly insurance: string }
  /** What the bundle asks of the server: leave a patient with that number as it is, or write it anew. */
  readonly patient: 'create-if-absent' | 'update'
  readonly photo: boolean
  /** Shown as the agent of the Provenance. */
  readonly deviceName: string
}

export interface HisConfig {
  /** MA_CSKCB: the five digits of the facility. */
  readonly facilityCode?: string
}

export interface WebhookConfig extends ServerConfig {
  /** One secret a line, `whsec_` and Base64, 24 to 64 bytes; the first lines are the newer ones while they change. */
  readonly secretFile: string
  /** Which fields leave the desk; all when absent. */
  readonly fields?: readonly FieldName[]
  readonly portrait: boolean
  readonly outbox: {
    readonly folder: string
    /** 32 bytes, made when absent. */
    readonly keyFile: string
    readonly maxEntries: number
    readonly maxBytes: number
  }
  readonly firstRetryMs: number
  readonly longestRetryMs: number
  readonly giveUpAfterHours: number
  readonly giveUpAfterRefusals: number
}

export type TextTarget =
  | { readonly kind: 'reply' }
  | {
      readonly kind: 'serial'
      readonly path: string
      readonly baud: number
      readonly dataBits: 7 | 8
      readonly parity: 'none' | 'even' | 'odd'
      readonly stopBits: 1 | 2
      readonly timeoutMs: number
    }
  | { readonly kind: 'file'; readonly path: string }

export interface TextOutputConfig {
  readonly id: string
  readonly label: string
  readonly template: string
  /** What {ENTER} becomes. */
  readonly enter: 'cr' | 'lf' | 'crlf'
  /** `ascii` strips the marks, for programs that lose them. */
  readonly encoding: 'utf-8' | 'utf-16le' | 'ascii'
  readonly target: TextTarget
}

export interface ConnectorsConfig {
  /** Whether other machines are talked to by a desk with simulated cards, whose people do not exist. */
  readonly whenSimulated: 'off' | 'on'
  readonly insurance?: InsuranceConfig
  readonly fhir: FhirConfig
  readonly his: HisConfig
  readonly webhook?: WebhookConfig
  readonly text: readonly TextOutputConfig[]
}

const path = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^[^\0]*$/)
const oneLine = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, 'không nhận ký tự điều khiển / no control characters')

const server = {
  url: z.string().max(2000).superRefine(refuseUrl),
  plainHttp: z.boolean().default(false),
  caFile: path.exactOptional(),
}
const timeout = (preset: number): z.ZodDefault<z.ZodNumber> => z.number().int().min(100).max(120_000).default(preset)

const insurance = z
  .strictObject({
    ...server,
    timeoutMs: timeout(8000),
    username: oneLine,
    passwordFile: path,
    passwordDigest: z.enum(['lower', 'upper']).default('lower'),
    clerk: z.strictObject({
      fullName: oneLine,
      personalNumber: z
        .string()
        .regex(/^[0-9]{12}$/, 'số định danh có 12 chữ số / a personal number has twelve digits'),
    }),
    birthDate: z.enum(['slashes', 'compact']).default('slashes'),
    history: z.enum(['drop', 'pass']).default('drop'),
  })
  .superRefine(refusePlain)

// The draft VN Core guide's identifier systems; it is no approved national standard, so they can be changed.
const fhir = z.strictObject({
  server: z
    .strictObject({ ...server, timeoutMs: timeout(10_000), tokenFile: path.exactOptional() })
    .superRefine(refusePlain)
    .exactOptional(),
  systems: z
    .strictObject({
      personalNumber: z.url().default('http://fhir.hl7.org.vn/core/sid/cccd'),
      insurance: z.url().default('http://fhir.hl7.org.vn/core/sid/bhyt'),
    })
    .prefault({}),
  patient: z.enum(['create-if-absent', 'update']).default('create-if-absent'),
  photo: z.boolean().default(true),
  deviceName: oneLine.default('cccd desk'),
})

const his = z.strictObject({
  facilityCode: z
    .string()
    .regex(/^[0-9]{5}$/, 'MA_CSKCB có 5 chữ số / MA_CSKCB has five digits')
    .exactOptional(),
})

const webhook = z
  .strictObject({
    ...server,
    timeoutMs: timeout(10_000),
    secretFile: path,
    fields: z.array(z.enum(FIELD_NAMES)).min(1).exactOptional(),
    portrait: z.boolean().default(false),
    outbox: z.strictObject({
      folder: path,
      keyFile: path,
      maxEntries: z.number().int().min(1).max(20_000).default(1000),
      maxBytes: z.number().int().min(65_536).max(10_737_418_240).default(67_108_864),
    }),
    firstRetryMs: z.number().int().min(10).max(3_600_000).default(1000),
    longestRetryMs: z.number().int().min(10).max(86_400_000).default(300_000),
    giveUpAfterHours: z.number().positive().max(8760).default(72),
    giveUpAfterRefusals: z.number().int().min(1).max(1000).default(10),
  })
  .superRefine(refusePlain)
  .refine(given => given.longestRetryMs >= given.firstRetryMs, {
    path: ['longestRetryMs'],
    message: 'longestRetryMs nhỏ hơn firstRetryMs / longestRetryMs is less than firstRetryMs',
  })

const target = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reply') }),
  z.strictObject({
    kind: z.literal('serial'),
    path,
    baud: z.number().int().min(50).max(4_000_000).default(9600),
    dataBits: z.union([z.literal(7), z.literal(8)]).default(8),
    parity: z.enum(['none', 'even', 'odd']).default('none'),
    stopBits: z.union([z.literal(1), z.literal(2)]).default(1),
    timeoutMs: timeout(5000),
  }),
  z.strictObject({ kind: z.literal('file'), path }),
])

const textOutput = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'chữ thường, chữ số, gạch nối / small letters, digits and hyphens'),
    label: oneLine,
    template: z
      .string()
      .min(1)
      .max(4000)
      .superRefine((template, context) => {
        const fault = templateFault(template)
        if (fault !== null) context.addIssue({ code: 'custom', message: fault })
      }),
    enter: z.enum(['cr', 'lf', 'crlf']).default('cr'),
    encoding: z.enum(['utf-8', 'utf-16le', 'ascii']).default('utf-8'),
    target: target.default({ kind: 'reply' }),
  })
  .refine(({ target, encoding }) => target.kind !== 'serial' || target.dataBits === 8 || encoding === 'ascii', {
    path: ['encoding'],
    message: 'bảy bit chỉ mang được ascii / seven bits carry nothing but ascii',
  })

const text = z
  .array(textOutput)
  .max(50)
  .superRefine((outputs, context) => {
    for (const [i, { id }] of outputs.entries()) {
      if (outputs.findIndex(other => other.id === id) < i)
        context.addIssue({ code: 'custom', path: [i, 'id'], message: 'mã này trùng / this id stands twice' })
    }
  })

/** `connectors` of the desk's configuration; `{}` has none that talks to another machine. Nothing unknown is let pass. */
export const connectorsConfigSchema: z.ZodType<ConnectorsConfig> = z.strictObject({
  whenSimulated: z.enum(['off', 'on']).default('off'),
  insurance: insurance.exactOptional(),
  fhir: fhir.prefault({}),
  his: his.prefault({}),
  webhook: webhook.exactOptional(),
  text: text.default([]),
})

function refuseUrl(text: string, context: z.RefinementCtx): void {
  const refuse = (message: string): void => context.addIssue({ code: 'custom', message })
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    refuse('phải là địa chỉ http hoặc https / has to be an http or https address')
  // Not the address itself in the message: it may hold what should not be there.
  else if (url.username !== '' || url.password !== '')
    refuse('địa chỉ không được chứa tài khoản: dùng tệp bí mật / no user or password in an address: use a secret file')
  else if (url.search !== '' || url.hash !== '')
    refuse('địa chỉ không được có ? hoặc # / no query and no fragment in an address')
}

/** Loopback is this machine; anything else by http must be asked for by name. */
function refusePlain(given: Pick<ServerConfig, 'url' | 'plainHttp'>, context: z.RefinementCtx): void {
  if (given.plainHttp || !URL.canParse(given.url)) return
  const { protocol, hostname } = new URL(given.url)
  if (protocol !== 'http:' || isLoopback(hostname)) return
  const message =
    'http gửi dữ liệu cá nhân không mã hóa: dùng https, hoặc ghi "plainHttp": true / http sends personal data unencrypted: use https, or say "plainHttp": true'
  context.addIssue({ code: 'custom', path: ['url'], message })
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
