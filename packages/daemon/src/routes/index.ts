import type { Routes } from '../desk.ts'
import { healthRoutes } from './health.ts'
import { pairingRoutes } from './pairing.ts'
import { sessionRoutes } from './session.ts'

/** Every file of routes; a new one needs one line here. */
export const ROUTES: readonly Routes[] = [healthRoutes, pairingRoutes, sessionRoutes]
