"""Environment steps a second of a depRL run, updates included.

Arguments: id, hidden, parallel, sequential, prefill, replay.

The run is depRL's own; it is held in a step of its environment between two turns. A turn begins and ends right after a
round of gradient steps, so that it holds whole rounds.
"""

import json
import os
import sys
import tempfile
import time
from typing import Any, TextIO

import deprl_run
from deprl.custom_trainer import Trainer


class Turns:
    """The environment of a run, which waits for the next turn where one is over."""

    def __init__(self, environment: Any, agent: Any, answers: TextIO) -> None:
        self._environment = environment
        self._replay = agent.replay
        self._answers = answers
        self._rows = 0
        self._rounds_at = 0
        self._steps = 0
        self._start = 0.0
        self._seconds: float | None = None

    def start(self) -> Any:
        observations, muscles = self._environment.start()
        self._rows = len(observations)
        return observations, muscles

    def step(self, actions: Any) -> Any:
        if self._replay.last_steps != self._rounds_at:
            self._rounds_at = self._replay.last_steps
            self._after_round()
        self._steps += self._rows
        return self._environment.step(actions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._environment, name)

    def _after_round(self) -> None:
        elapsed = time.perf_counter() - self._start
        if self._seconds is not None and elapsed < self._seconds:
            return
        result = {"value": self._steps / elapsed, "steps": self._steps, "seconds": elapsed}
        print("ready" if self._seconds is None else json.dumps(result), file=self._answers, flush=True)
        line = sys.stdin.readline()
        if not line:
            sys.exit(0)
        self._seconds = float(line)
        self._steps = 0
        self._start = time.perf_counter()


class TurnTrainer(Trainer):  # type: ignore[misc]
    """Without epochs, hence without evaluations and checkpoints."""

    def __init__(self, answers: TextIO) -> None:
        super().__init__(steps=10**12, epoch_steps=10**11, save_steps=10**11)
        self._answers = answers

    def initialize(self, agent: Any, environment: Any, test_environment: Any = None, full_save: bool = False) -> None:
        turns = Turns(environment, agent, self._answers)
        super().initialize(agent, turns, test_environment, full_save)


def main() -> None:
    env = sys.argv[1]
    hidden, parallel, sequential, prefill, replay = map(int, sys.argv[2:])
    # depRL and its processes print there as well.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "folder": folder,
            "hidden": hidden,
            "parallel": parallel,
            "sequential": sequential,
            "prefill": prefill,
            "replay": replay,
            "seed": 0,
        }
        deprl_run.train(env, options, TurnTrainer(answers))


if __name__ == "__main__":
    main()
