import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { EXIT, EXIT_MEANING, type ExitCode } from './exit-code.ts'
import { type Language, languageOf, type Text } from './language.ts'
import { createOutput, reportError, UsageError } from './output.ts'
import { usageFault } from './usage-fault.ts'
import { type Context, createContext, type GlobalOptions, watchPipes } from './wiring.ts'

type Action = (context: Context, options: Record<string, unknown>, words: readonly string[]) => Promise<ExitCode>

/** Runs the command line and returns the exit code. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok
  const language = languageOf(wishedLanguage(argv), process.env)
  const pipes = watchPipes()
  const streams = { stdout: process.stdout, stderr: process.stderr }
  const program = buildProgram(language, async (action, options, words) => {
    const context = createContext(options as GlobalOptions, pipes)
    try {
      exit = await action(context, options, words)
    } catch (error) {
      exit = reportError(error, context.output, context.streams, process.env.CCCD_DEBUG === '1')
    }
  })
  const tell = (error: unknown, json: boolean): ExitCode =>
    reportError(error, createOutput({ json, language, streams }), streams, false)
  try {
    await program.parseAsync([...argv])
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const json = argv.includes('--json')
    // The help that stands for a missing command has been printed already.
    if (error.code === 'commander.help' && !json) exit = EXIT.usage
    else if (error.exitCode !== 0) exit = tell(new UsageError(usageFault(error)), json)
  }
  // A reader that left early (`| head`) misses nothing that it wanted; any other fault has lost the answer.
  await new Promise(resolve => setImmediate(resolve))
  const fault = pipes.fault()
  return fault === undefined ? exit : tell(fault, false)
}

/** --lang is needed before the options are parsed, for the help itself. */
function wishedLanguage(argv: readonly string[]): string | undefined {
  const at = argv.indexOf('--lang')
  return at >= 0 ? argv[at + 1] : argv.find(word => word.startsWith('--lang='))?.slice('--lang='.length)
}

const HELP_TITLES: Readonly<Record<string, Text>> = {
  'Usage:': { vi: 'Cách dùng:', en: 'Usage:' },
  'Options:': { vi: 'Tùy chọn:', en: 'Options:' },
  'Commands:': { vi: 'Lệnh:', en: 'Commands:' },
}

type Run = (action: Action, options: Record<string, unknown>, words: readonly string[]) => Promise<void>

function buildProgram(language: Language, run: Run): Command {
  const say = (text: Text): string => text[language]
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const program = new Command('cccd')
    .description(
      say({
        vi: 'Đọc, kiểm tra và làm thẻ căn cước gắn chip của Việt Nam.\nRead, judge and make the Vietnamese chip ID card.',
        en: 'Read, judge and make the Vietnamese chip ID card (CCCD, Căn cước).',
      }),
    )
    .version(version, '-V, --version', say({ vi: 'in số phiên bản', en: 'print the version' }))
    .helpOption('-h, --help', say({ vi: 'in trợ giúp', en: 'print help' }))
    .helpCommand('help [command]', say({ vi: 'trợ giúp cho một lệnh', en: 'help for one command' }))
    .option('--json', say({ vi: 'mọi câu trả lời là một văn bản JSON', en: 'every answer is one JSON document' }))
    .addOption(
      new Option('--lang <language>', say({ vi: 'ngôn ngữ: vi hoặc en', en: 'language: vi or en' })).choices([
        'vi',
        'en',
      ]),
    )
    .exitOverride()
    // main tells what was typed wrong, in the language asked and as JSON where that is asked.
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ styleTitle: title => HELP_TITLES[title]?.[language] ?? title })

  const add = (
    usage: string,
    description: Text,
    load: () => Promise<Action>,
    options: readonly (readonly [string, Text])[] = [],
    example = '',
    parent: Command = program,
  ): Command => {
    const command = parent.command(usage).description(say(description)).exitOverride()
    for (const [flags, text] of options) command.option(flags, say(text))
    if (example) command.addHelpText('after', `\n${say({ vi: 'Ví dụ', en: 'Example' })}:\n${example}`)
    command.action(async () => run(await load(), command.optsWithGlobals(), command.args))
    return command
  }

  const trust = [
    '--trust <folder>',
    {
      vi: 'kho chứng thư tin cậy (mặc định: thư mục cấu hình của người dùng)',
      en: "folder of trust anchors (default: the user's configuration folder)",
    },
  ] as const
  const policy = [
    '--policy <name>',
    {
      vi: 'chính sách: hospital, kyc, hoặc một tệp JSON (mặc định hospital)',
      en: 'policy: hospital, kyc, or a JSON file (default hospital)',
    },
  ] as const
  const printed = [
    [
      '--qr <text>',
      { vi: 'nội dung mã QR trên thẻ; “-” đọc từ stdin', en: "the text of the card's QR; “-” reads it from stdin" },
    ],
    [
      '--mrz <lines>',
      {
        vi: 'ba dòng MRZ, cách nhau bằng xuống dòng, dấu phẩy hoặc khoảng trắng',
        en: 'the three MRZ lines, parted by line breaks, commas or blanks',
      },
    ],
    ['--number <digits>', { vi: 'số định danh 12 chữ số', en: 'the 12-digit personal number' }],
  ] as const

  const deskConfig = [
    '--config <file>',
    {
      vi: 'tệp cấu hình JSON (mặc định: desk.json trong thư mục cấu hình của người dùng)',
      en: "JSON configuration (default: desk.json of the user's configuration folder)",
    },
  ] as const

  add(
    'readers',
    { vi: 'Liệt kê đầu đọc thẻ', en: 'List card readers' },
    async () => (await import('./commands/readers.ts')).readers,
    [
      [
        '--watch',
        {
          vi: 'báo mỗi khi đầu đọc hoặc thẻ thay đổi, đến khi Ctrl-C',
          en: 'tell every change of readers and cards until Ctrl-C',
        },
      ],
    ],
  )
  add(
    'read',
    { vi: 'Đọc thẻ trên đầu đọc, kiểm tra và cho xem', en: 'Read a card on a reader, judge it and show it' },
    async () => (await import('./commands/read.ts')).read,
    [
      [
        '--scan <text>',
        {
          vi: 'bất cứ thứ gì máy quét đưa: mã QR, MRZ, số định danh, CAN; “-” đọc từ stdin',
          en: 'whatever a scanner gave: QR, MRZ, personal number, CAN; “-” reads it from stdin',
        },
      ],
      ...printed,
      ['--can <digits>', { vi: 'sáu chữ số CAN', en: 'the six digits of the CAN' }],
      [
        '--out <folder>',
        { vi: 'ghi các tệp, ảnh và báo cáo vào thư mục mới', en: 'write files, portrait and report to a new folder' },
      ],
      trust,
      policy,
      [
        '--reader <name>',
        { vi: 'chỉ dùng đầu đọc có tên chứa chuỗi này', en: 'only a reader whose name contains this' },
      ],
      ['--wait <seconds>', { vi: 'thời gian chờ thẻ (mặc định 60)', en: 'how long to wait for a card (default 60)' }],
      [
        '--resume <seconds>',
        {
          vi: 'nếu thẻ bị nhấc, chờ cùng thẻ đó trở lại rồi đọc tiếp',
          en: 'if the card is lifted, wait for the same card and go on',
        },
      ],
      [
        '--allow-bac',
        {
          vi: 'cho phép dùng BAC khi PACE thất bại (báo cáo sẽ ghi rõ)',
          en: 'allow BAC when PACE fails (the report will say so)',
        },
      ],
      [
        '--challenge <hex>',
        {
          vi: 'thử thách 8 byte của bên dựa vào, cho xác thực chủ động',
          en: "the relying party's 8-byte challenge for active authentication",
        },
      ],
      ['--short', { vi: 'chỉ dùng lệnh độ dài ngắn', en: 'use short length commands only' }],
      [
        '--transcript <file>',
        { vi: 'ghi biên bản phiên (đã che dữ liệu)', en: 'write a transcript of the session (redacted)' },
      ],
      [
        '--test-card <name>',
        { vi: 'biên bản đầy đủ; chỉ dùng cho thẻ thử', en: 'an unredacted transcript; for test cards only' },
      ],
      [
        '--bundle <file>',
        {
          vi: 'ghi gói bằng chứng đã ký, để nơi khác kiểm tra lại',
          en: 'write a signed evidence bundle, for somebody else to judge again',
        },
      ],
      [
        '--bundle-recipient <jwk>',
        { vi: 'mã hóa gói cho khóa công khai này (tệp JWK)', en: 'encrypt the bundle to this public key (a JWK file)' },
      ],
      [
        '--nonce <text>',
        { vi: 'nonce của bên dựa vào, ghi trong gói', en: "the relying party's nonce, to stand in the bundle" },
      ],
      ['--audience <name>', { vi: 'bên mà gói dành cho', en: 'whom the bundle is meant for' }],
    ],
    '  cccd read --qr "999199000001||NGUYỄN VĂN A|01011999|Nam|Số 1, Phố Thử|01012022"\n  cccd read --number 999199000001 --out ./card',
  )
  add(
    'verify [folder]',
    {
      vi: 'Kiểm tra lại một thẻ đã đọc ra thư mục, hoặc một gói bằng chứng',
      en: 'Judge again a card that was read to a folder, or an evidence bundle',
    },
    async () => (await import('./commands/verify.ts')).verify,
    [
      printed[0],
      printed[1],
      trust,
      policy,
      ['--at <date>', { vi: 'xét tại thời điểm này (ISO 8601)', en: 'judge at this time (ISO 8601)' }],
      ['--bundle <file>', { vi: 'gói bằng chứng', en: 'an evidence bundle' }],
      ['--nonce <text>', { vi: 'nonce phải có trong gói', en: 'the nonce that the bundle has to bear' }],
      [
        '--origin <origin>',
        {
          vi: 'trang phải đã yêu cầu gói; none: một chương trình',
          en: 'the origin that has to have asked for it; none: a program',
        },
      ],
      ['--audience <name>', { vi: 'bên mà gói phải dành cho', en: 'whom the bundle has to be meant for' }],
      [
        '--challenge <hex>',
        { vi: 'thử thách 8 byte mà chip phải đã ký', en: 'the 8-byte challenge that the chip has to have signed' },
      ],
      ['--key <jwk>', { vi: 'khóa riêng của người nhận (tệp JWK)', en: "the recipient's private key (a JWK file)" }],
      [
        '--desk-key <jwks>',
        {
          vi: 'khóa công khai của các máy tin cậy (tệp JWK hoặc JWKS)',
          en: 'public keys of trusted desks (a JWK or JWKS file)',
        },
      ],
      ['--any-desk', { vi: 'nhận cả gói của máy không biết', en: 'take bundles of desks that nobody knows' }],
      [
        '--max-age <seconds>',
        { vi: 'gói được cũ đến đâu (mặc định 86400; any)', en: 'how old a bundle may be (default 86400; any)' },
      ],
      [
        '--seen <folder>',
        { vi: 'thư mục nhớ các gói đã dùng: mỗi gói một lần', en: 'folder that remembers used bundles: each once' },
      ],
      [
        '--authority-request <file>',
        {
          vi: 'ghi yêu cầu gửi dịch vụ xác thực của cơ quan cấp (JSON)',
          en: "write the request to the authority's verification service (JSON)",
        },
      ],
    ],
    '  cccd verify ./card --policy kyc\n  cccd verify --bundle ./card.bundle --desk-key ./desk.jwks --policy kyc',
  )
  add(
    'key',
    {
      vi: 'In khóa công khai của máy này (JWKS), để nơi khác tin các gói của nó',
      en: "Print this desk's public key (JWKS), for whoever is to trust its bundles",
    },
    async () => (await import('./commands/key.ts')).key,
    [deskConfig],
    '  cccd key > desk.jwks',
  )
  add(
    'mrz [inputs...]',
    {
      vi: 'Phân tích MRZ và các chữ số kiểm tra: các dòng, hoặc ảnh mặt sau thẻ (không có: đọc stdin)',
      en: 'Parse an MRZ and its check digits: the lines, or pictures of a card’s back (none: read stdin)',
    },
    async () => (await import('./commands/mrz.ts')).mrz,
    [
      [
        '--qr <text>',
        { vi: 'mã QR của cùng thẻ, để đối chiếu và sửa', en: 'the QR of the same card, to compare and to repair with' },
      ],
    ],
    '  cccd mrz "IDVNM0000000000000000000000<<0" "0001018M2501017VNM<<<<<<<<<<<2" "NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<"\n  cccd mrz mat-sau.jpg',
  )
  add(
    'qr [inputs...]',
    {
      vi: 'Phân tích mã QR của thẻ: nội dung, hoặc các ảnh PNG, JPEG, WebP, PDF (không có: đọc stdin)',
      en: "Parse a card's QR: its text, or pictures PNG, JPEG, WebP, PDF (none: read stdin)",
    },
    async () => (await import('./commands/qr.ts')).qr,
    [],
    '  cccd qr "999199000001||NGUYỄN VĂN A|01011999|Nam|Số 1, Phố Thử|01012022"\n  cccd qr ./scan/*.jpg',
  )
  add(
    'scan',
    {
      vi: 'Nhận mã từ máy quét: cổng nối tiếp, HID POS hoặc bàn phím',
      en: 'Take codes from scanners: serial, HID POS or keyboard',
    },
    async () => (await import('./commands/scan.ts')).scan,
    [
      [
        '--watch',
        {
          vi: 'báo mọi sự kiện đến khi Ctrl-C (với --json: mỗi dòng một JSON)',
          en: 'tell every event until Ctrl-C (with --json one JSON value a line)',
        },
      ],
      ['--port <path>', { vi: 'một cổng nối tiếp, 9600 8N1', en: 'one serial port, 9600 8N1' }],
      [
        '--config <file>',
        { vi: 'tệp JSON quy tắc máy quét (docs/scanners.md)', en: 'JSON file of scanner rules (docs/scanners.md)' },
      ],
      ['--stdin', { vi: 'nhận các dòng từ bàn phím hoặc stdin', en: 'take lines from the keyboard or standard input' }],
      ['--list', { vi: 'liệt kê máy quét đang cắm', en: 'list the scanners that are plugged in' }],
    ],
    '  cccd scan --watch --json\n  cccd scan --port /dev/ttyACM0\n  cccd scan --watch --stdin < codes.txt',
  )
  add(
    'trust <action> [files...]',
    { vi: 'Kho chứng thư tin cậy: list, add TỆP…, show TỆP', en: 'The trust store: list, add FILE…, show FILE' },
    async () => (await import('./commands/trust.ts')).trust,
    [
      trust,
      [
        '--accept-unverified',
        {
          vi: 'nhận cả danh sách CSCA mà chữ ký chưa kiểm tra được',
          en: 'take a master list whose signature cannot be verified',
        },
      ],
    ],
    '  cccd trust add csca.cer masterlist.ml\n  cccd trust list\n  cccd trust show csca.cer',
  )
  add(
    'audit <action> <place>',
    {
      vi: 'Nhật ký kiểm toán của quầy: verify THƯ-MỤC, find THƯ-MỤC, key TỆP',
      en: "The desk's audit log: verify FOLDER, find FOLDER, key FILE",
    },
    async () => (await import('./commands/audit.ts')).audit,
    [
      [
        '--key <file>',
        {
          vi: 'tệp khóa của nhật ký; không có thì chỉ kiểm được chuỗi băm',
          en: "the log's key file; without it only the hashes can be checked",
        },
      ],
      [
        '--noted <count:hash>',
        {
          vi: 'điểm đã ghi lại trước đây, phải còn trong nhật ký',
          en: 'what was noted before and must still be there',
        },
      ],
      [
        '--number <digits>',
        { vi: 'find: số định danh; “-” đọc từ stdin', en: 'find: the personal number; “-” reads it from stdin' },
      ],
      [
        '--document <number>',
        {
          vi: 'find: số giấy tờ trên chip; “-” đọc từ stdin',
          en: "find: the chip's document number; “-” reads it from stdin",
        },
      ],
    ],
    '  cccd audit verify /var/lib/cccd-desk/audit --key ./audit-key\n  cccd audit find /var/lib/cccd-desk/audit --key ./audit-key --number -',
  )
  add(
    'simulate',
    {
      vi: 'Đặt một thẻ giả lập lên đầu đọc ảo của pcscd, đến khi Ctrl-C',
      en: "Lay a simulated card on pcscd's virtual reader until Ctrl-C",
    },
    async () => (await import('./commands/simulate.ts')).simulate,
    [
      [
        '--document <folder>',
        { vi: 'thư mục thẻ (mặc định: thẻ mẫu tự làm)', en: 'document folder (default: a sample made now)' },
      ],
      [
        '--port <number>',
        { vi: 'cổng TCP của đầu đọc ảo (mặc định 35963)', en: 'TCP port of the virtual reader (default 35963)' },
      ],
      [
        '--access <protocols>',
        { vi: 'giao thức mở thẻ: pace,bac | pace | bac', en: 'access protocols: pace,bac | pace | bac' },
      ],
      [
        '--save <folder>',
        {
          vi: 'ghi thẻ mẫu và chứng thư CSCA thử vào thư mục mới',
          en: 'write the sample and its test CSCA to a new folder',
        },
      ],
      ['--seconds <number>', { vi: 'tự nhấc thẻ sau ngần ấy giây', en: 'lift the card after so many seconds' }],
    ],
    '  cccd simulate --save ./sample        # một cửa sổ / one terminal\n  cccd read --qr "$(cat ./sample/qr.txt)" --trust ./sample/trust   # cửa sổ kia / the other',
  )
  add(
    'demo',
    {
      vi: 'Làm một thẻ thử, đọc nó bằng mã QR và kiểm tra; không cần thiết bị',
      en: 'Make a test card, read it with its QR text and judge it; no hardware needed',
    },
    async () => (await import('./commands/demo.ts')).demo,
    [
      [
        '--out <folder>',
        { vi: 'nơi ghi báo cáo và ảnh (mặc định ./demo-out)', en: 'where report and portrait go (default ./demo-out)' },
      ],
      ['--in-process', { vi: 'không dùng pcscd dù có', en: 'do not use pcscd even if it is there' }],
      [
        '--issue <number>',
        {
          vi: 'làm ngần ấy thẻ từ hồ sơ đến hình, đọc và kiểm tra từng thẻ',
          en: 'make so many cards, from records to pictures, and read and judge each',
        },
      ],
    ],
  )
  const issue = program
    .command('issue')
    .description(say({ vi: 'Làm thẻ: nhận hồ sơ, chuẩn bị, vẽ', en: 'Making cards: intake, preparation, art' }))
    .exitOverride()
  add(
    'intake <file>',
    {
      vi: 'Nhận một lô hồ sơ: kiểm tra từng hồ sơ và cả lô, báo cáo chất lượng, trả lại hồ sơ lỗi kèm lý do',
      en: 'Take a batch of records in: checks, a data-quality report, faulty records back with their reasons',
    },
    async () => (await import('./commands/issue-intake.ts')).issueIntake,
    [
      ['--out <folder>', { vi: 'thư mục kết quả mới (mặc định TỆP.intake)', en: 'new folder (default FILE.intake)' }],
      ['--format <format>', { vi: 'ndjson hoặc csv (mặc định theo tên tệp)', en: 'ndjson or csv (default by name)' }],
      ['--portraits <folder>', { vi: 'thư mục ảnh mà hồ sơ nhắc tới', en: 'folder of the pictures that records name' }],
      ['--register <file>', { vi: 'sổ các lô đã nhận', en: 'register of batches taken in before' }],
      ['--again', { vi: 'nhận lại một lô đã nhận', en: 'take in a batch that was taken in before' }],
    ],
    '  cccd issue intake records.ndjson --portraits ./pictures --out ./batch-1',
    issue,
  )
  add(
    'prepare <batch>',
    {
      vi: 'Chuẩn bị thẻ từ hồ sơ đã nhận: ảnh, khóa, tệp của chip, chữ ký; mỗi thẻ mã hóa bằng khóa riêng',
      en: 'Make jobs of accepted records: portrait, keys, files, signature; each encrypted under a key of its own',
    },
    async () => (await import('./commands/issue-prepare.ts')).issuePrepare,
    [
      ['--signers <file>', { vi: 'cấu hình người ký (JSON)', en: 'the document signers (JSON)' }],
      ['--out <folder>', { vi: 'nơi giữ các thẻ', en: 'where the jobs are kept' }],
      ['--key <file>', { vi: 'tệp khóa mở các thẻ; tạo mới nếu chưa có', en: 'the key of the jobs; made when absent' }],
      ['--portraits <folder>', { vi: 'thư mục ảnh mà hồ sơ nhắc tới', en: 'folder of the pictures that records name' }],
      [
        '--card <year>',
        { vi: 'thẻ 2021 hoặc 2024 (mặc định theo ngày cấp)', en: '2021 or 2024 (default by date of issue)' },
      ],
      ['--lds <version>', { vi: '1.7 hoặc 1.8 (mặc định 1.7)', en: '1.7 or 1.8 (default 1.7)' }],
      ['--active-authentication <kind>', { vi: 'ec, rsa hoặc none (mặc định ec)', en: 'ec, rsa or none (default ec)' }],
      ['--cvca <names...>', { vi: 'tên CVCA ghi vào EF.CVCA', en: 'names of authorities for EF.CVCA' }],
      [
        '--keys-from-chip',
        { vi: 'chip tự tạo khóa: để đó, ký sau', en: 'chips make their keys: leave the signature for later' },
      ],
      ['--reissue', { vi: 'cấp lại: số đã ký được ký với nội dung khác', en: 'cards anew for numbers signed before' }],
      ['--threads <number>', { vi: 'số luồng (mặc định: số lõi)', en: 'threads (default: as many as cores)' }],
    ],
    '  cccd issue prepare ./batch-1 --portraits ./pictures --signers pool.json --out ./jobs --key /media/key/jobs.key',
    issue,
  )
  add(
    'jobs <folder>',
    { vi: 'Liệt kê các thẻ đã chuẩn bị', en: 'List prepared jobs' },
    async () => (await import('./commands/issue-jobs.ts')).issueJobs,
    [],
    '  cccd issue jobs ./jobs',
    issue,
  )
  add(
    'erase <folder>',
    { vi: 'Hủy khóa của thẻ: không ai đọc được nữa', en: 'Destroy the keys of jobs: nobody reads them any more' },
    async () => (await import('./commands/issue-erase.ts')).issueErase,
    [
      ['--job <ids...>', { vi: 'mã thẻ', en: 'ids of jobs' }],
      ['--all', { vi: 'mọi thẻ', en: 'all jobs' }],
    ],
    '  cccd issue erase ./jobs --job 0123456789ABCDEF0123456789ABCDEF',
    issue,
  )
  const artFonts = [
    ['--ocr-b <file>', { vi: 'tệp phông OCR-B cho MRZ', en: 'the file of OCR-B, for the MRZ' }],
    ['--font <files...>', { vi: 'thêm tệp phông mà bố cục dùng', en: 'further font files that a layout names' }],
  ] as const
  add(
    'render <source>',
    {
      vi: 'Vẽ hai mặt thẻ từ hồ sơ hoặc từ thẻ đã chuẩn bị: PNG, PDF, bản đen riêng cho máy in ruy băng',
      en: 'Draw both sides of cards from records or prepared jobs: PNG, PDF, a black panel for ribbon printers',
    },
    async () => (await import('./commands/issue-render.ts')).issueRender,
    [
      ['--out <folder>', { vi: 'thư mục kết quả mới (mặc định NGUỒN.art)', en: 'new folder (default SOURCE.art)' }],
      ['--key <file>', { vi: 'khóa mở các thẻ đã chuẩn bị', en: 'the key of prepared jobs' }],
      [
        '--card <year>',
        { vi: 'thẻ 2021 hoặc 2024 (mặc định theo ngày cấp)', en: '2021 or 2024 (default by date of issue)' },
      ],
      ['--dpi <number>', { vi: '300 hoặc 600 (mặc định 300)', en: '300 or 600 (default 300)' }],
      ['--side <side>', { vi: 'front, back hoặc both (mặc định both)', en: 'front, back or both (default both)' }],
      ['--pdf', { vi: 'thêm một PDF cho mỗi thẻ', en: 'a PDF of each card too' }],
      [
        '--panels',
        { vi: 'thêm bản màu không đen và bản đen 1 bit', en: 'colours without black, and black in one bit, too' },
      ],
      ['--svg', { vi: 'thêm bản vẽ SVG', en: 'the drawings as SVG too' }],
      ['--sheet <file>', { vi: 'một PNG xếp các thẻ cạnh nhau', en: 'a PNG with the cards side by side' }],
      [
        '--portraits <folder>',
        { vi: 'thư mục ảnh (mặc định cạnh hồ sơ)', en: 'folder of the pictures (default beside the file)' },
      ],
      [
        '--layout <folder>',
        { vi: 'bố cục của bạn: front.svg và back.svg', en: 'your own layout: front.svg and back.svg' },
      ],
      ...artFonts,
      [
        '--without-mark',
        {
          vi: 'bỏ dấu MẪU / SPECIMEN (chỉ cho cơ quan cấp thẻ)',
          en: 'leave out the mark MẪU / SPECIMEN (for an issuing authority)',
        },
      ],
      ['--threads <number>', { vi: 'số luồng (mặc định: số lõi)', en: 'threads (default: as many as cores)' }],
      ['--resume', { vi: 'làm tiếp một lần chạy đã dừng', en: 'go on with a run that was stopped' }],
    ],
    '  cccd issue render ./batch-1/accepted.ndjson --portraits ./pictures --out ./art --dpi 600 --panels --sheet sheet.png',
    issue,
  )
  add(
    'layout <action> <folder>',
    {
      vi: 'Bố cục thẻ (SVG): save THƯ-MỤC để sửa, check THƯ-MỤC để kiểm tra',
      en: 'Card layouts (SVG): save FOLDER to edit one, check FOLDER to have it looked at',
    },
    async () => (await import('./commands/issue-layout.ts')).issueLayout,
    [['--card <year>', { vi: 'thẻ 2021 hoặc 2024', en: 'the card of 2021 or 2024' }], ...artFonts],
    '  cccd issue layout save ./my-layout --card 2024\n  cccd issue layout check ./my-layout --card 2024',
    issue,
  )
  add(
    'authority <action> [words...]',
    {
      vi: 'Cơ quan cấp thử, hai người duyệt mỗi việc: person, found, ask, approve, run, list, verify; lint chứng thư',
      en: 'A test authority with two approvals for each act: person, found, ask, approve, run, list, verify; lint',
    },
    async () => (await import('./commands/authority.ts')).authority,
    [
      ['--key <file>', { vi: 'tệp khóa của một người', en: "a person's key file" }],
      [
        '--passphrase-file <file>',
        { vi: 'dòng đầu là mật khẩu của khóa; “-” đọc từ stdin', en: 'its first line opens the key; “-” reads stdin' },
      ],
      ['--person <files...>', { vi: 'thẻ công khai của những người duyệt', en: 'public cards of the approvers' }],
      ['--approvals <number>', { vi: 'cần mấy người duyệt (mặc định 2)', en: 'approvals wanted (default 2)' }],
      ['--name <name>', { vi: 'tên cơ quan, hoặc người bị bỏ', en: 'name of the authority, or person to remove' }],
      ['--country <code>', { vi: 'mã quốc gia (mặc định VN)', en: 'country code (default VN)' }],
      ['--csca <label>', { vi: 'CSCA ký (mặc định csca-001)', en: 'the CSCA that signs (default csca-001)' }],
      ['--after <label>', { vi: 'CSCA cũ, để ký chứng thư nối', en: 'the CSCA before, which signs the link' }],
      ['--signer <label>', { vi: 'người ký danh sách (mls-001)', en: 'the list signer (mls-001)' }],
      ['--count <number>', { vi: 'số chứng thư ký', en: 'how many signers' }],
      ['--curve <name>', { vi: 'đường cong (mặc định brainpoolP384r1)', en: 'curve (default brainpoolP384r1)' }],
      ['--named', { vi: 'ghi đường cong bằng tên', en: 'name the curve instead of explicit parameters' }],
      ['--years <number>', { vi: 'thời hạn chứng thư', en: 'years of validity' }],
      ['--usage-months <number>', { vi: 'khóa riêng dùng mấy tháng', en: 'months in which the key signs' }],
      ['--days <number>', { vi: 'CRL có hiệu lực mấy ngày', en: 'days until the next CRL' }],
      [
        '--revoke <serials...>',
        { vi: 'số sê-ri thu hồi, SỐ hoặc SỐ:LÝ-DO', en: 'serials to revoke, SERIAL or SERIAL:REASON' },
      ],
      [
        '--public-key <files...>',
        { vi: 'khóa công khai (SPKI) nằm trong HSM', en: 'public keys (SPKI) that live in an HSM' },
      ],
      ['--with <files...>', { vi: 'chứng thư của nơi khác cho danh sách', en: "others' certificates for the list" }],
      ['--issuer <file>', { vi: 'lint: chứng thư của nơi ký', en: 'lint: the certificate that signed it' }],
      [
        '--role <role>',
        {
          vi: 'lint: csca, link, document-signer, master-list-signer, crl',
          en: 'lint: csca, link, document-signer, master-list-signer, crl',
        },
      ],
    ],
    '  cccd authority person An --key an.pem --passphrase-file an.txt\n  cccd authority found ./authority --person an.pem.pub.json binh.pem.pub.json\n  cccd authority ask ./authority csca\n  cccd authority approve ./authority 1 --key an.pem --passphrase-file an.txt\n  cccd authority run ./authority 1\n  cccd authority lint ./authority/certificates/csca-001.cer',
  )
  add(
    'serve',
    {
      vi: 'Chạy máy đọc: dịch vụ trên máy này và trang web của nó, đến khi Ctrl-C',
      en: 'Run the desk: a local service with its page, until Ctrl-C',
    },
    async () => (await import('./commands/serve.ts')).serve,
    [
      deskConfig,
      ['--check', { vi: 'chỉ kiểm tra cấu hình rồi thôi', en: 'only check the configuration' }],
      [
        '--simulate',
        {
          vi: 'đầu đọc mô phỏng với một ngăn thẻ để tập; khóa và ghép nối riêng',
          en: 'a simulated reader with a drawer of cards for training; its key and pairings are apart',
        },
      ],
      [
        '--port <number>',
        { vi: 'cổng trên 127.0.0.1 và ::1; 0 là cổng trống', en: 'port of 127.0.0.1 and ::1; 0 is whichever is free' },
      ],
      trust,
    ],
    '  cccd serve --simulate\n  cccd serve --config desk.json --check',
  )
  add(
    'pair',
    {
      vi: 'Lấy mã dùng một lần để ghép một trang hoặc chương trình với máy đọc đang chạy',
      en: 'Get a one-time code that pairs a page or a program with the running desk',
    },
    async () => (await import('./commands/pair.ts')).pair,
    [
      deskConfig,
      [
        '--scopes <list>',
        {
          vi: 'quyền, cách nhau bằng dấu phẩy: readers,qr,identity,portrait,evidence,verify (mặc định: tất cả)',
          en: 'scopes, parted by commas: readers,qr,identity,portrait,evidence,verify (default: all)',
        },
      ],
      [
        '--role <name>',
        {
          vi: 'vai trò: clerk, integration hoặc operator (mặc định clerk)',
          en: 'role: clerk, integration or operator (default clerk)',
        },
      ],
      [
        '--origin <origin>',
        { vi: 'chỉ trang ở địa chỉ này được dùng mã', en: 'only a page of this origin may use the code' },
      ],
      [
        '--program',
        {
          vi: 'chỉ chương trình (không phải trình duyệt) được dùng mã',
          en: 'only a program without a browser may use the code',
        },
      ],
      [
        '--minutes <number>',
        { vi: 'mã dùng được trong bao lâu (mặc định 5)', en: 'how long the code lives (default 5)' },
      ],
      ['--days <number>', { vi: 'ghép nối sống bao lâu', en: 'how long the pairing lives' }],
      ['--list', { vi: 'liệt kê những gì đã ghép nối', en: 'list what is paired' }],
      ['--revoke <id>', { vi: 'thu hồi một ghép nối', en: 'revoke a pairing' }],
      ['--simulate', { vi: 'máy đọc đang chạy với --simulate', en: 'the desk that runs with --simulate' }],
    ],
    '  cccd pair\n  cccd pair --origin https://his.example --scopes readers,qr,identity\n  cccd pair --list',
  )
  program.addHelpText('after', () => {
    const rows = Object.entries(EXIT).map(
      ([name, code]) => `  ${String(code).padStart(3)}  ${say(EXIT_MEANING[name as keyof typeof EXIT])}`,
    )
    return [
      '',
      say({ vi: 'Bắt đầu:', en: 'Begin with:' }),
      '  cccd demo',
      '  cccd readers',
      `  cccd read --qr -   # ${say({ vi: 'rồi dán nội dung mã QR, Ctrl-D', en: 'then paste the QR text, Ctrl-D' })}`,
      '',
      say({ vi: 'Mã kết thúc:', en: 'Exit codes:' }),
      ...rows,
    ].join('\n')
  })
  return program
}
