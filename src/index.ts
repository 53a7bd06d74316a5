export { type Clock, systemClock } from './clock.ts';
export { type Counters, IP_DROP_REASONS } from './ip/counters.ts';
export { type ConnectionInfo, Stack, type StackOptions } from './ip/stack.ts';
export { type CaptureLine, type CaptureOptions, captureLine } from './line/capture.ts';
export type { Line, PortLine } from './line/line.ts';
export { PortError } from './line/port-error.ts';
export { openSerialLine, type SerialOptions } from './line/serial.ts';
export { openSocketLine, type SocketOptions } from './line/socket.ts';
export { VirtualLine, type VirtualLineOptions } from './line/virtual-line.ts';
export { type ConnectOptions, connect } from './node/connect.ts';
export { type Driver, drive } from './node/drive.ts';
export { type ForwardOptions, forward } from './node/forward.ts';
export { type ListenerHandle, type ListenOptions, listen } from './node/listen.ts';
export { TcpSocket } from './node/socket.ts';
export { TCP_DROP_REASONS } from './tcp/counters.ts';
export type { State } from './tcp/state.ts';
export { createHttpServer, HTTP_LIMITS, type HttpLimits } from './web/http-server.ts';
<<<<<<< HEAD
export { LineHistory, type Reading, type Sample } from './web/line-history.ts';
export { createPageServer, type PageServerOptions } from './web/page-server.ts';
=======
export type { Page, PageAnswer, PageBody, PageRequest, PageResponse } from './web/page-module.ts';
export { createPageServer, type PageListener, type PageServerOptions } from './web/page-server.ts';
export { SCRIPT_LIMITS, type ScriptLimits } from './web/script-limits.ts';
export type { ScriptOptions } from './web/scripts.ts';
>>>>>>> scripts
export { SiteError } from './web/site.ts';
export { type Period, Tally } from './web/tally.ts';
export type { ConnectionStatus, ServerStatus, TemplateValues } from './web/values.ts';
export { openVisitors, StateError, type Visitors } from './web/visitors.ts';
export * as wire from './wire/index.ts';
