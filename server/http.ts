import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { codecFor, CODECS, SERVER_LIMITS } from "../protocol/codec.ts";
import { WebSocketServer, type WebSocket } from "../protocol/transport/ws.ts";
import { Connection } from "./connection.ts";
import type { ServerContext } from "./context.ts";
import { isLoopback, originAllowed } from "./origin.ts";
import { projectRoot } from "./version.ts";

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
}

const text = (status: number, body: string): Answer => ({
  status,
  type: "text/plain; charset=utf-8",
  body: `${body}\n`,
});
const json = (status: number, value: unknown): Answer => ({
  status,
  type: "application/json",
  body: JSON.stringify(value),
});

type Route = (server: ServerContext) => Answer | Promise<Answer>;

/** What the HTTP side answers; everything is read-only. */
const ROUTES: Readonly<Record<string, Route>> = {
  "/": ({ version }) =>
    text(
      200,
      `MyoServe ${version}: connect with a WebSocket (${CODECS.map((codec) => codec.subprotocol).join(", ")}); see /v1/envs.`,
    ),
  "/healthz": () => text(200, "ok"),
  "/readyz": ({ draining }) => (draining ? text(503, "draining") : text(200, "ready")),
  "/v1/envs": ({ catalog }) =>
    json(200, {
      envs: catalog
        .list()
        .map((entry) => ({ ...entry, kind: "sim", installed: entry.pack === null || catalog.installed(entry.pack) })),
    }),
  "/schema/v1.json": async () => {
    const body = await readFile(new URL("protocol/schema/v1.json", projectRoot()));
    return { status: 200, type: "application/schema+json", body };
  },
};

async function serve(server: ServerContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  let answer: Answer;
  if (request.method !== "GET" && request.method !== "HEAD") answer = text(405, "This side answers GET only.");
  else if (route === undefined) answer = text(404, `There is no ${path}; known: ${Object.keys(ROUTES).join(", ")}.`);
  else answer = await route(server);
  response.writeHead(answer.status, { "content-type": answer.type, "cache-control": "no-store" });
  response.end(request.method === "HEAD" ? undefined : answer.body);
}

function refuse(socket: Duplex, status: string, sentence: string): void {
  const body = `${sentence}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** The first of our subprotocols that the client offers. */
function negotiate(request: IncomingMessage): string | undefined {
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  return CODECS.map((codec) => codec.subprotocol).find((name) => offered.includes(name));
}

/** HTTP server whose upgrades become connections. */
export function createHttp(server: ServerContext): { http: Server; connections: Set<Connection> } {
  const connections = new Set<Connection>();
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: SERVER_LIMITS.maxMessage,
    handleProtocols: (_offered: Set<string>, request: IncomingMessage) => negotiate(request) ?? false,
  });
  const http = createServer((request, response) => {
    serve(server, request, response).catch((error: unknown) => {
      server.settings.log.error({ error: String(error), url: request.url }, "http request failed");
      response.writeHead(500).end();
    });
  });
  const loopbackOnly = isLoopback(server.settings.host);
  http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const subprotocol = negotiate(request);
    const codec = subprotocol === undefined ? undefined : codecFor(subprotocol);
    if (!originAllowed(request.headers.origin, request.headers.host, loopbackOnly)) {
      refuse(
        socket,
        "403 Forbidden",
        "Pages of this origin may not connect; serve the page from the server's own host.",
      );
    } else if (codec === undefined) {
      const known = CODECS.map((candidate) => candidate.subprotocol).join(" or ");
      refuse(socket, "400 Bad Request", `A connection offers the subprotocol ${known}; update the client.`);
    } else {
      sockets.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
        const connection = new Connection(server, webSocket, codec);
        connections.add(connection);
        webSocket.once("close", () => connections.delete(connection));
      });
    }
  });
  http.on("connection", (socket) => socket.setNoDelay(true));
  return { http, connections };
}
