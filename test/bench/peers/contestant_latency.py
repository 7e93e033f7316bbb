"""Line protocol for latencies: the value of a run is the median of its last 1,000 round trips in microseconds."""

import json
import sys
import time
from collections.abc import Callable

import numpy as np

# Seconds; the server's code and the wasm module reach their last compiler tier.
WARM_UP = 6.0
# Round trips; the server's own median time (`worker_ms`) is over as many.
WINDOW = 1000


def serve(round_trip: Callable[[], float], extra: Callable[[], dict[str, float]] = dict) -> None:
    """`round_trip` returns its own duration in seconds, `extra` more figures of the last run."""
    _measure(round_trip, WARM_UP)
    print("ready", flush=True)
    for line in sys.stdin:
        samples = _measure(round_trip, float(line))
        quantiles = np.quantile(samples[-WINDOW:], [0.5, 0.99])
        result = {"value": quantiles[0] * 1e6, "p99": quantiles[1] * 1e6, "count": len(samples), **extra()}
        print(json.dumps(result), flush=True)


def _measure(round_trip: Callable[[], float], budget: float) -> list[float]:
    start = time.perf_counter()
    samples = []
    while time.perf_counter() - start < budget:
        samples.append(round_trip())
    return samples
