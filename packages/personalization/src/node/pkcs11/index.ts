export { type KeyReference, openToken, type Pkcs11Token, type TokenOptions } from './pkcs11-token.ts'
