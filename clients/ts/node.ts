import { WebSocket } from "../../protocol/transport/ws.ts";
import { MyoClient, type ClientOptions } from "./client.ts";
import type { OpenSocket } from "./socket.ts";

export { RemoteAgent, RemoteJob } from "./agent.ts";
export { MyoClient } from "./client.ts";
export { RemoteVectorEnv } from "./vector-env.ts";

/** Larger than any reply: the client's own limit is checked by the decoder. */
const MAX_PAYLOAD = 512 * 1024 * 1024;

const openSocket: OpenSocket = (url, subprotocol, events) => {
  const socket = new WebSocket(url, [subprotocol], { perMessageDeflate: false, maxPayload: MAX_PAYLOAD });
  socket.binaryType = "nodebuffer";
  socket.on("open", () => {
    events.open();
  });
  socket.on("message", (data, isBinary) => {
    const frame = data as Buffer;
    events.message(isBinary ? frame : frame.toString("utf8"));
  });
  // The close event follows an error and is the one that counts.
  socket.on("error", () => undefined);
  socket.on("close", (code) => {
    events.close(code);
  });
  return {
    send: (frame) => {
      socket.send(frame);
    },
    close: (code) => {
      socket.close(code);
    },
  };
};

/** Where clients look for a server when they are told nothing else. */
const DEFAULT_URL = "ws://127.0.0.1:6960";

/**
 * A client on Node. `url` defaults to `MYOSERVE_URL`, then to port 6960 of this machine.
 * @throws MyoError UNAVAILABLE where no server answers.
 */
export function connectNode(
  url: string = process.env["MYOSERVE_URL"] ?? DEFAULT_URL,
  options: Omit<ClientOptions, "openSocket" | "url"> = {},
): Promise<MyoClient> {
  return MyoClient.connect({ ...options, url, openSocket });
}
