// The classes and the closed list of codes live in the lowest package, so that every layer throws the same ones.
export {
  CardToolkitError,
  ConnectorError,
  type ErrorCode,
  type ErrorFacts,
  FormatError,
  JobError,
  KeepingError,
  PrinterError,
  ProtocolError,
  SignerError,
  StatusWordError,
  TransportError,
} from '@cccd/mrz'
