import { WebSocketServer } from "../../protocol/transport/ws.ts";

/** Answers each frame with as many zero bytes as its first four bytes (u32, little endian) say. */
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("listening", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The echo server has no port.");
  console.log(`ws://127.0.0.1:${String(address.port)}`);
});
server.on("connection", (socket) => {
  let reply = Buffer.alloc(0);
  socket.on("message", (data: Buffer) => {
    const size = data.readUInt32LE(0);
    if (reply.length !== size) reply = Buffer.alloc(size);
    socket.send(reply);
  });
});
