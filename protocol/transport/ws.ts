export { WebSocket, WebSocketServer, type RawData } from "ws";
