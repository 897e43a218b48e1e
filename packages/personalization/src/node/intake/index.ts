export { INTAKE_FILES, type IntakeOptions, type IntakeResult, takeIn } from './intake.ts'
export { PORTRAIT_LIMITS, type PortraitLimits, portraitFinding, readPortrait } from './portrait-check.ts'
export { type QualityReport, qualityPage, type ReasonCount } from './quality-report.ts'
export { type BatchFormat, LONGEST_RECORD, type RawRecord, readRecords } from './read-records.ts'
