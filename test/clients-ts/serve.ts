import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { codecFor } from "../../protocol/codec.ts";
import { SUBPROTOCOLS } from "../../protocol/schema/operations.ts";
import { WebSocketServer } from "../../protocol/transport/ws.ts";
import type { FakeServer, Socket } from "./fake-server.ts";

export interface Served {
  readonly port: number;
  close(): Promise<void>;
}

/** Puts the fake server behind a real socket on a free port of this machine. */
export async function serve(fake: FakeServer, onRequest?: RequestListener): Promise<Served> {
  const http = createServer(onRequest);
  const known: string[] = Object.values(SUBPROTOCOLS);
  const sockets = new WebSocketServer({
    server: http,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered].find((name) => known.includes(name)) ?? false,
  });
  sockets.on("connection", (peer) => {
    const codec = codecFor(peer.protocol);
    if (codec === undefined) {
      peer.close();
      return;
    }
    const socket: Socket = {
      codec,
      send: (frame) => {
        peer.send(frame);
      },
      close: () => {
        fake.sockets.delete(socket);
        peer.terminate();
      },
    };
    fake.sockets.add(socket);
    peer.on("message", (data, isBinary) => {
      const frame = data as Buffer;
      fake.receive(socket, isBinary ? frame : frame.toString());
    });
    peer.on("close", () => fake.sockets.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    port: (http.address() as AddressInfo).port,
    close: () => {
      for (const peer of sockets.clients) peer.terminate();
      sockets.close();
      http.closeAllConnections();
      return new Promise((resolve) => http.close(() => resolve()));
    },
  };
}
