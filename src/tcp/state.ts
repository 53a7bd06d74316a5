/** The states of a connection (RFC 9293 §3.3.2). LISTEN is a port's, not a connection's; CLOSED is one that was forgotten. */
export type State =
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT'
  | 'CLOSED';

type Transitions = Partial<Record<State, State>>;

/** Where our own CLOSE leads (RFC 9293 §3.10.4); elsewhere it changes nothing yet. */
export const ON_CLOSE: Transitions = { ESTABLISHED: 'FIN-WAIT-1' };

/** Where sending the FIN leads, if CLOSE did not lead there already. */
export const ON_FIN_SENT: Transitions = { 'CLOSE-WAIT': 'LAST-ACK' };

/** Where the acknowledgment of our FIN leads (RFC 9293 §3.10.7.4, fifth). */
export const ON_FIN_ACKED: Transitions = {
  'FIN-WAIT-1': 'FIN-WAIT-2',
  CLOSING: 'TIME-WAIT',
  'LAST-ACK': 'CLOSED',
};

/** Where the peer's FIN leads (RFC 9293 §3.10.7.4, eighth); our own FIN, if acknowledged, was seen to first. */
export const ON_FIN: Transitions = {
  'SYN-RECEIVED': 'CLOSE-WAIT',
  ESTABLISHED: 'CLOSE-WAIT',
  'FIN-WAIT-1': 'CLOSING',
  'FIN-WAIT-2': 'TIME-WAIT',
};

/** Whether the handshake is still to be finished. */
export function isOpening(state: State): boolean {
  return state === 'SYN-SENT' || state === 'SYN-RECEIVED';
}

/** Whether the peer may still send text (RFC 9293 §3.10.7.4, seventh). */
export function takesText(state: State): boolean {
  return state === 'ESTABLISHED' || state === 'FIN-WAIT-1' || state === 'FIN-WAIT-2';
}

/** Whether ABORT tells the peer (RFC 9293 §3.10.5): later than this it has nothing more to say. */
export function isReset(state: State): boolean {
  return takesText(state) || state === 'SYN-RECEIVED' || state === 'CLOSE-WAIT';
}
