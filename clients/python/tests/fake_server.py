"""A scripted server, for what a real one does rarely: silence, late replies, lost sockets."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from websockets.sync.server import Server, ServerConnection, serve

from myoserve import _messages as m

Message = dict[str, Any]
LIMITS = {
    "max_message": 1 << 20,
    "max_inflight": 4,
    "max_envs": 64,
    "max_sessions": 8,
    "max_agents": 8,
}
OBS, ACT, TERMS = 5, 3, ["dense", "solved"]


def nd(array: Any) -> Message:
    array = np.asarray(array)
    return {"dtype": array.dtype.str, "shape": list(array.shape), "data": array.tobytes()}


def box(size: int, low: float, high: float) -> Message:
    bounds = {"low": nd(np.array([low], "<f4")), "high": nd(np.array([high], "<f4"))}
    return {"type": "box", "dtype": "<f4", "shape": [size], **bounds}


def make_spec(**changes: Any) -> Message:
    spec: Message = {
        "id": "fake-v0",
        "title": "Counts its steps",
        "obs_space": box(OBS, -np.inf, np.inf),
        "act_space": box(ACT, -1, 1),
        "obs_keys": {},
        "obs_available": [],
        "info_keys": TERMS,
        "reward_weights": {},
        "autoreset_modes": ["next_step", "same_step", "disabled"],
        "max_episode_steps": None,
        "dt": 0.02,
        "frame_skip": 1,
        "nondeterministic": False,
        "kwargs_schema": {},
        "options_schema": {},
        "model_sha256": None,
        "engine": "fake",
        "actuators": [],
        "joints": [],
    }
    return {**spec, **changes}


class FakeServer:
    """Sessions that count: the observation is the number of steps executed so far.

    `on` replaces the handling of a type: a function of (server, connection, message) that returns
    a reply, a list of replies, or None for silence.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.scheme = "ws" if context is None else "wss"
        self.on: dict[str, Callable[[FakeServer, ServerConnection, Message], Any]] = {}
        self.seen: list[Message] = []
        self.hellos: list[Message] = []
        self.sockets: list[ServerConnection] = []
        self.sessions: dict[str, Message] = {}
        self.spec = make_spec()
        self.ping_ms = 20_000
        self.boot_id = "1"
        self._server: Server = serve(
            self._serve,
            "127.0.0.1",
            0,
            subprotocols=[m.SUBPROTOCOL_MSGPACK],  # type: ignore[list-item]
            compression=None,
            ping_interval=None,
            ssl=context,
        )
        self.port: int = self._server.socket.getsockname()[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.cut()
        self._server.shutdown()

    def cut(self) -> None:
        """Drop every socket without a word."""
        for socket in self.sockets:
            socket.close_socket()
        self.sockets.clear()

    def forget(self) -> None:
        """As after a restart."""
        self.sessions.clear()
        self.boot_id += "1"

    def count(self, kind: str) -> int:
        return sum(message["t"] == kind for message in self.seen)

    def _serve(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        for frame in socket:
            assert isinstance(frame, bytes)
            message: Message = msgspec.msgpack.decode(frame)
            self.seen.append(message)
            own: Any = getattr(type(self), "_" + message["t"].replace(".", "_"), None)
            handler = self.on.get(message["t"], own)
            replies = handler(self, socket, message)
            for reply in replies if isinstance(replies, list) else [replies]:
                if reply is not None:
                    self.send(socket, reply)

    @staticmethod
    def send(socket: ServerConnection, reply: Message) -> None:
        socket.send(msgspec.msgpack.encode(reply))

    def _hello(self, _socket: ServerConnection, message: Message) -> Message:
        self.hellos.append(message)
        resumed = []
        for claim in message.get("resume", []):
            session = self.sessions.get(claim["s"])
            held = session is not None and session["token"] == claim["token"]
            if session is not None and held:
                session["token"] += "'"
            resumed.append(
                {
                    "s": claim["s"],
                    "token": session["token"] if session is not None and held else None,
                    "k": session["k"] if session is not None and held else 0,
                }
            )
        return {
            "t": "hello.ok",
            "id": message["id"],
            "minor": 0,
            "server": {"name": "fake", "version": "0", "engine": "fake", "boot_id": self.boot_id},
            "caps": [],
            "scopes": [],
            "limits": LIMITS,
            "ping_ms": self.ping_ms,
            "lease_ms": 1000,
            "now_ns": time.monotonic_ns(),
            "resumed": resumed,
            "later": "keys of later minors are ignored",
        }

    def _env_make(self, _socket: ServerConnection, message: Message) -> Message:
        handle = f"s{len(self.sessions) + 1}{self.boot_id}"
        rows = message.get("num_envs", 1)
        self.sessions[handle] = {"k": 0, "token": "t", "steps": 0, "rows": rows, "replies": {}}
        return {
            "t": "env.make.ok",
            "id": message["id"],
            "s": handle,
            "resume": "t",
            "spec": self.spec,
            "lease_ms": 1000,
            "num_envs": rows,
            "max_inflight": 4,
        }

    def execute(self, message: Message) -> Message:
        """A numbered request, exactly once."""
        session = self.sessions[message["s"]]
        content = {key: value for key, value in message.items() if key != "id"}
        stored = session["replies"].get(message["k"])
        if stored is not None and stored[0] == content:
            return {**stored[1], "id": message["id"]}
        if message["k"] != session["k"] + 1:
            return error(message, "STEP_CONFLICT", f"expected {session['k'] + 1}")
        session["k"] = message["k"]
        session["steps"] = 0 if message["t"] == "env.reset" else session["steps"] + 1
        reply = self.batch(message, session)
        session["replies"][message["k"]] = (content, reply)
        return reply

    def batch(self, message: Message, session: Message) -> Message:
        """Of the rows that the request names."""
        ids, steps = message.get("env_ids"), session["steps"]
        rows = session["rows"] if ids is None else ids["shape"][0]
        reply = {
            "t": message["t"] + ".ok",
            "id": message["id"],
            "s": message["s"],
            "k": message["k"],
            "obs": nd(np.full((rows, OBS), steps, "<f4")),
            "terms": nd(np.tile(np.array([float(steps), float(steps > 2)]), (rows, 1))),
        }
        if message["t"] == "env.step":
            reply["rew"] = nd(np.full(rows, float(steps)))
            reply["term"] = nd(np.zeros(rows, np.bool_))
            reply["trunc"] = nd(np.zeros(rows, np.bool_))
            if ids is not None:
                reply["env_ids"] = ids
        return reply

    def _env_reset(self, _socket: ServerConnection, message: Message) -> Message:
        return self.execute(message)

    def _env_step(self, _socket: ServerConnection, message: Message) -> Message:
        return self.execute(message)

    def _env_close(self, _socket: ServerConnection, message: Message) -> Message:
        self.sessions.pop(message["s"], None)
        return {"t": "env.close.ok", "id": message["id"], "s": message["s"]}

    def _env_list(self, _socket: ServerConnection, message: Message) -> Message:
        entry = {
            "id": "extra-v0",
            "kind": "sim",
            "title": "x",
            "family": "f",
            "pack": None,
            "installed": True,
        }
        return {"t": "env.list.ok", "id": message["id"], "envs": [entry]}

    def _agent_list(self, _socket: ServerConnection, message: Message) -> Message:
        return {"t": "agent.list.ok", "id": message["id"], "agents": []}


def error(message: Message, code: str, sentence: str) -> Message:
    return {
        "t": "error",
        "id": message["id"],
        "code": code,
        "message": sentence,
        "retryable": False,
    }
