export type { GreyImage, Point } from './grey-image.ts'
