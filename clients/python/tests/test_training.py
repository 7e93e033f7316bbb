"""Training runs of a real server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import myoserve
from live_server import live_server
from myoserve.training import Run

SHORT = {"steps": 1000, "seed": 1, "log_every": 100, "eval_every": 500, "eval_episodes": 2}
ENDLESS = {"steps": 10_000_000, "seed": 1, "log_every": 100, "progress": False}


def until(run: Run, steps: int) -> None:
    """Wait until a run has done so many steps."""
    deadline = time.monotonic() + 60
    while (state := run.state()).done < steps:
        assert state.state == "running", state.error
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def short(server: myoserve.Server) -> Iterator[Run]:
    """A run that is over."""
    with myoserve.train("debug", name="short", progress=False, url=server.url, **SHORT) as run:  # type: ignore[arg-type]
        run.wait(120)
        yield run


def test_the_bar_ends_with_the_run(server: myoserve.Server, capsys: pytest.CaptureFixture[str]) -> None:
    with myoserve.train("debug", env="myoserve/arm26-reach-v0", steps=400, seed=2, url=server.url) as run:
        assert run.state().state == "done"
    assert "100%" in capsys.readouterr().err


def test_history(short: Run) -> None:
    history = short.history()
    assert history.steps.tolist() == list(range(100, 1001, 100))
    steps, returns = history["eval_return"]
    assert steps.tolist() == [500, 1000]
    assert np.isfinite(returns).all()
    rows = list(short.watch())
    assert [row.step for row in rows] == history.steps.tolist()
    assert rows[4].metrics["eval_return"] == returns[0]
    assert "eval_return" not in rows[0].metrics
    with pytest.raises(KeyError, match="critic_loss"):
        history["loss"]


def test_live_metrics_pause_resume_cancel(server: myoserve.Server) -> None:
    with myoserve.train("debug", name="long", url=server.url, **ENDLESS) as run:  # type: ignore[arg-type]
        rows = run.watch()
        assert [next(rows).step for _ in range(3)] == [100, 200, 300]
        assert run.state().state == "running"
        with pytest.raises(TimeoutError, match="still goes on"):
            run.wait(0.2)
        paused = run.pause()
        assert (paused.state, run.wait(10).state) == ("paused", "paused")
        assert list(rows)[-1].step <= paused.done
        assert run.resume().state == "running"
        until(run, paused.done + 1)
        assert run.cancel().state == "cancelled"
        with pytest.raises(myoserve.MyoServeError, match="CANCELLED"):
            run.wait(10)


def test_a_run_outlives_its_client(server: myoserve.Server) -> None:
    with myoserve.train("debug", name="left", url=server.url, **ENDLESS) as run:  # type: ignore[arg-type]
        done = run.state().done
    with myoserve.attach(run.id, url=server.url) as again:
        assert (again.name, again.algo, again.env) == ("left", "mpo", "arm26-reach-v0")
        assert again.settings["seed"] == 1
        assert again.state().state == "running"
        until(again, done + 1)
        again.cancel()
    with pytest.raises(myoserve.MyoServeError, match="NOT_FOUND"):
        myoserve.attach("never", url=server.url)


def test_a_run_outlives_its_server(tmp_path: Path) -> None:
    with live_server(tmp_path) as first:
        run = myoserve.train("debug", url=first.url, checkpoint_every=200, **ENDLESS)  # type: ignore[arg-type]
        until(run, 400)
        run.close()
    with live_server(tmp_path) as second:
        assert [state.run for state in myoserve.list_runs(second.url)] == [run.id]
        with myoserve.attach(run.id, url=second.url) as again:
            steps = []
            for row in again.watch():
                steps.append(row.step)
                if row.step >= 1500:
                    break
            again.cancel()
    # Not one row lost, none twice.
    assert steps == list(range(100, 1501, 100))


def test_the_policy_plays_here_as_it_does_there(short: Run, server: myoserve.Server) -> None:
    policy = short.policy()
    assert policy.meta["step"] == 1000
    there = short.play(3, seed=70)
    env = gym.make("myoserve/arm26-reach-v0", url=server.url)
    here = myoserve.play(policy, env, 3, seed=70)
    env.close()
    assert [episode.length for episode in here] == [episode.length for episode in there]
    assert [e.total_reward for e in here] == pytest.approx([e.total_reward for e in there], rel=1e-3)
    # Of different starts.
    assert len({episode.total_reward for episode in here}) == 3


def test_the_best_policy_is_that_of_an_evaluation(short: Run) -> None:
    best = short.state().best
    assert best is not None
    assert short.policy("best").meta["step"] == best.step
    assert best.step in (500, 1000)


def test_compare(short: Run, server: myoserve.Server) -> None:
    table = myoserve.compare([short, short.id], server.url)
    assert table.rows[0] == table.rows[1]
    assert table.rows[0]["steps"] == 1000
    head, first, _ = str(table).splitlines()
    assert head.split()[:3] == ["run", "algo", "env"]
    assert first.split()[:5] == [short.id, "mpo", "arm26-reach-v0", "done", "1000"]
    assert table._repr_html_().count("<tr>") == 3
    with pytest.raises(myoserve.MyoServeError, match="'never'"):
        myoserve.compare(["never"], server.url)


def test_rows_may_be_chosen_without_naming_the_presets_env(server: myoserve.Server) -> None:
    with myoserve.train("debug", num_envs=3, steps=300, seed=1, progress=False, url=server.url) as run:
        assert run.settings["env"]["num_envs"] == 3
        run.cancel()
    with pytest.raises(TypeError, match="needs env"):
        myoserve.train("mpo", num_envs=3, url=server.url)


def test_rows_may_be_on_another_server(short: Run, server: myoserve.Server) -> None:
    with myoserve.train("debug", env_url=server.url, progress=False, url=server.url, **SHORT) as run:  # type: ignore[arg-type]
        assert run.wait(120).state == "done"
        assert run.settings["env"]["url"] == server.url
        for name in ("eval_return", "return_mean", "critic_loss"):
            np.testing.assert_array_equal(run.history()[name][1], short.history()[name][1])


def test_refusals_are_coded(server: myoserve.Server) -> None:
    for arguments, code in (
        ({"algo": "mpoo"}, "AGENT_UNKNOWN"),
        ({"algo": "debug", "env": "arm27"}, "ENV_UNKNOWN"),
        ({"algo": "debug", "config": {"no": 1}}, "BAD_OPTIONS"),
        ({"algo": "dep"}, "BAD_OPTIONS"),
    ):
        with pytest.raises(myoserve.MyoServeError) as caught:
            myoserve.train(url=server.url, **arguments)
        assert caught.value.code == code
    names = [preset.name for preset in myoserve.list_presets(server.url)]
    assert "debug" in names
