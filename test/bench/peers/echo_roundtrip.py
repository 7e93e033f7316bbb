"""Bare WebSocket round trips, `request` bytes out and `reply` bytes back. Arguments: url, request, reply."""

import struct
import sys
import time

from contestant_latency import serve
from websockets.sync.client import connect


def main() -> None:
    url, request_bytes, reply_bytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    frame = struct.pack("<I", reply_bytes) + bytes(request_bytes - 4)
    with connect(url, compression=None, max_size=None) as socket:

        def round_trip() -> float:
            start = time.perf_counter()
            socket.send(frame)
            reply = socket.recv()
            elapsed = time.perf_counter() - start
            assert len(reply) == reply_bytes
            return elapsed

        serve(round_trip)


if __name__ == "__main__":
    main()
