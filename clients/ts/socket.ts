/** What the client needs of a WebSocket, so that Node, browsers and tests each bring their own. */
export interface ClientSocket {
  send(frame: Uint8Array | string): void;
  close(code?: number): void;
}

export interface SocketEvents {
  open(): void;
  message(frame: Uint8Array | string): void;
  /** Also when the socket never opened. Called once. */
  close(code: number): void;
}

/** Starts to open a socket; answers come through `events`, never before this returns. */
export type OpenSocket = (url: string, subprotocol: string, events: SocketEvents) => ClientSocket;
