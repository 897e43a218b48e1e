import type { Routes } from '../desk.ts'
import { auditRoutes } from './audit.ts'
import { bundleRoutes } from './bundles.ts'
import { consentRoutes } from './consent.ts'
import { eventRoutes } from './events.ts'
import { exportRoutes } from './exports.ts'
import { healthRoutes } from './health.ts'
import { insuranceRoutes } from './insurance.ts'
import { keyRoutes } from './keys.ts'
import { metricsRoutes } from './metrics.ts'
import { openApiRoutes } from './openapi.ts'
import { pageRoutes } from './page.ts'
import { pairingRoutes } from './pairing.ts'
import { readerRoutes } from './readers.ts'
import { readingRoutes } from './readings.ts'
import { scanRoutes } from './scans.ts'
import { sessionRoutes } from './session.ts'
import { simulatedCardRoutes } from './simulated-cards.ts'
import { tokenRoutes } from './tokens.ts'
import { verifyRoutes } from './verify.ts'

/** Every file of routes; a new one needs one line here. */
export const ROUTES: readonly Routes[] = [
  healthRoutes,
  pairingRoutes,
  sessionRoutes,
  tokenRoutes,
  keyRoutes,
  eventRoutes,
  readerRoutes,
  readingRoutes,
  scanRoutes,
  simulatedCardRoutes,
  bundleRoutes,
  insuranceRoutes,
  exportRoutes,
  verifyRoutes,
  consentRoutes,
  auditRoutes,
  metricsRoutes,
  openApiRoutes,
  pageRoutes,
]
