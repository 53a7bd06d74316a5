export { type Clock, systemClock } from './clock.ts';
export { type Counters, type DropReason, IP_DROP_REASONS, type IpDropReason } from './ip/counters.ts';
export { type ConnectionInfo, type LineTraits, Stack, type StackOptions } from './ip/stack.ts';
export { type CaptureLine, type CaptureOptions, captureLine } from './line/capture.ts';
export type { FramingMode } from './line/framing.ts';
export type { Line, PortLine } from './line/line.ts';
export type { Faults } from './line/noise.ts';
export { type CapturedDatagram, readCapture } from './line/pcapng-reader.ts';
export type { Port } from './line/port.ts';
export { PortError } from './line/port-error.ts';
export { type FlowControl, openSerialLine, type SerialOptions } from './line/serial.ts';
export { type LineCounters, type LineDropReason, SlipLine, type SlipLineOptions } from './line/slip-line.ts';
export { openSocketLine, type SocketOptions } from './line/socket.ts';
export { VirtualLine, type VirtualLineOptions } from './line/virtual-line.ts';
export type { Direction } from './line/virtual-port.ts';
export { type ConnectOptions, connect } from './node/connect.ts';
export { type Driver, drive } from './node/drive.ts';
export { type ForwardOptions, forward } from './node/forward.ts';
export {
  type Answer,
  type Asker,
  type ListenerHandle,
  type ListenOptions,
  type LongAnswer,
  listen,
} from './node/listen.ts';
export { type PingOptions, type PingReply, type PingResult, ping } from './node/ping.ts';
export { TcpSocket } from './node/socket.ts';
export { TCP_DROP_REASONS, type TcpCounters, type TcpDropReason } from './tcp/counters.ts';
export type { State } from './tcp/state.ts';
export { VirtualClock } from './virtual-clock.ts';
export type { Answered } from './web/exchange.ts';
export {
  createHttpServer,
  HTTP_LIMITS,
  type HttpLimits,
  type HttpListener,
  type HttpServer,
} from './web/http-server.ts';
export { LineHistory, type Reading, type Sample } from './web/line-history.ts';
export type { Log } from './web/log.ts';
export {
  createOneSegmentServer,
  type LongResponse,
  type OneSegmentServer,
  type Requester,
} from './web/one-segment.ts';
export type { Page, PageAnswer, PageBody, PageRequest, PageResponse } from './web/page-module.ts';
export { createPageServer, type PageListener, type PageServerOptions } from './web/page-server.ts';
export { SCRIPT_LIMITS, type ScriptLimits } from './web/script-limits.ts';
export type { ScriptOptions } from './web/scripts.ts';
export { SiteError } from './web/site.ts';
export { type Period, Tally, type TallyRecord } from './web/tally.ts';
export type { ConnectionStatus, ServerStatus, TemplateValues } from './web/values.ts';
export { type OpenVisitors, openVisitors, StateError, type Visitors } from './web/visitors.ts';
export * as wire from './wire/index.ts';
