"""Entry of the demo; see `main`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .._launch import launch
from ..errors import MyoServeError
from .coverage import BINS
from .pictures import Film, plot
from .trials import BODIES, CONTROLLERS, Body, Controller, Trial, run_trial

FILM_SECONDS = 3.0
FILMED = (BODIES[2], CONTROLLERS[0])


def say(text: str) -> None:
    """Progress for people; standard output stays free for JSON."""
    print(text, file=sys.stderr, flush=True)


def as_json(trials: Sequence[Trial]) -> str:
    """Coverage of every joint in every trial."""
    rows = [
        {
            "body": trial.body.title,
            "controller": trial.controller.title,
            "mean": trial.mean,
            "joints": dict(zip(trial.joints, trial.shares.tolist(), strict=True)),
        }
        for trial in trials
    ]
    return json.dumps({"trials": rows}, indent=2)


def table(trials: Sequence[Trial]) -> str:
    """Mean coverage, a row a body and a column a controller."""
    titles = [controller.title for controller in CONTROLLERS]
    lines = [f"{'joint-space coverage':30}" + "".join(f"{title:>14}" for title in titles)]
    for body in BODIES:
        means = {trial.controller.title: trial.mean for trial in trials if trial.body is body}
        lines.append(f"{body.title:30}" + "".join(f"{means[title]:14.3f}" for title in titles))
    return "\n".join(lines)


def film(url: str, out: Path) -> str:
    """Record the filmed trial's first seconds; returns what became of it."""
    camera = Film(FILM_SECONDS)
    body, controller = FILMED
    try:
        run_trial(url, body, controller, steps=round(FILM_SECONDS * 100), on_step=camera)
        camera.write(out / "dep.mp4")
    except MyoServeError:
        raise
    # Drawing needs OpenGL, which many machines lack in ways only its own libraries can tell.
    except Exception as error:
        return f"no video: {error} (drawing needs OpenGL: a display, or EGL with MUJOCO_GL=egl)"
    return f"video: {out / 'dep.mp4'} ({body.title}, {controller.title})"


def trials(url: str, steps: int) -> list[Trial]:
    """Every controller on every body, one after the other."""
    done: list[Trial] = []
    pairs: list[tuple[Body, Controller]] = [(b, c) for b in BODIES for c in CONTROLLERS]
    for body, controller in pairs:
        say(f"  {body.title}: {controller.title} …")
        done.append(run_trial(url, body, controller, steps))
    return done


def main() -> None:
    """Start a server, run every trial, print the table, write plot and video."""
    parser = argparse.ArgumentParser(prog="python -m myoserve.demo", description=main.__doc__)
    parser.add_argument("--steps", type=int, default=2000, help="control steps a trial")
    parser.add_argument("--out", type=Path, default=Path("demo-out"), help="folder of plot and video")
    parser.add_argument("--json", action="store_true", help="print the coverage as JSON")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with launch() as server:
        say(f"server on {server.url}; {arguments.steps} steps a trial")
        done = trials(server.url, arguments.steps)
        say(f"\n{table(done)}\n(share of {BINS} bins of each limited joint's range, mean over joints)\n")
        (arguments.out / "coverage.json").write_text(as_json(done))
        plot(done, arguments.out / "coverage.png")
        say(f"plot: {arguments.out / 'coverage.png'}")
        say(film(server.url, arguments.out))
    if arguments.json:
        print(as_json(done))


if __name__ == "__main__":
    main()
