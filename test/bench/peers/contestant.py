"""Line protocol of every measured program: print "ready", then for each line "<seconds>" print one JSON result."""

import json
import sys
import time
from collections.abc import Callable


def serve(step: Callable[[], int], warm_up: float = 2.0) -> None:
    """Run `step` (which returns how many env-steps it made) for as long as each input line asks."""
    _measure(step, warm_up)
    print("ready", flush=True)
    for line in sys.stdin:
        count, seconds = _measure(step, float(line))
        print(json.dumps({"value": count / seconds, "count": count, "seconds": seconds}), flush=True)


def _measure(step: Callable[[], int], budget: float) -> tuple[int, float]:
    start = time.perf_counter()
    count = 0
    while (elapsed := time.perf_counter() - start) < budget:
        count += step()
    return count, elapsed
