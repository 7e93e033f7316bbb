import { MyoClient, type ClientOptions } from "./client.ts";
import type { OpenSocket } from "./socket.ts";

export { RemoteAgent, RemoteJob } from "./agent.ts";
export { MyoClient } from "./client.ts";
export { RemoteVectorEnv } from "./vector-env.ts";

const openSocket: OpenSocket = (url, subprotocol, events) => {
  const socket = new WebSocket(url, [subprotocol]);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    events.open();
  };
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
    events.message(typeof data === "string" ? data : new Uint8Array(data));
  };
  socket.onclose = ({ code }) => {
    events.close(code);
  };
  return {
    send: (frame) => {
      socket.send(frame as Uint8Array<ArrayBuffer> | string);
    },
    close: (code) => {
      // Pages may close with 1000 and their own codes only.
      socket.close(code === undefined || code === 1000 || code >= 3000 ? code : 1000);
    },
  };
};

/**
 * A client in a page or worker. `url` defaults to the server the page came from.
 * @throws MyoError UNAVAILABLE where no server answers.
 */
export function connectBrowser(
  url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}`,
  options: Omit<ClientOptions, "openSocket" | "url"> = {},
): Promise<MyoClient> {
  return MyoClient.connect({ ...options, url, openSocket });
}
