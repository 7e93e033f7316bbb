"""The bar with tqdm and the lines without."""

from __future__ import annotations

import io
import sys

import pytest

from myoserve._progress import ProgressBar


def test_tqdm_where_it_is_installed() -> None:
    file = io.StringIO()
    with ProgressBar(200, "run", file=file) as bar:
        bar.show(50, {"kl_mean": 0.5, "return_mean": -12.345678})
        bar.show(200, {"return_mean": 3})
    assert "200/200" in file.getvalue()
    assert "return_mean=3" in file.getvalue()
    assert "kl_mean" not in file.getvalue()


def test_lines_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    now = [100.0]
    monkeypatch.setattr("myoserve._progress.time.monotonic", lambda: now[0])
    file = io.StringIO()
    with ProgressBar(200, "run", file=file) as bar:
        for done in range(0, 201, 10):
            bar.show(done, {"return_mean": -12.345678} if done else {})
            now[0] += 1
    lines = file.getvalue().splitlines()
    # One each 5 s, and one at the end.
    assert [line.split(" steps")[0] for line in lines] == [f"run: {n} of 200" for n in (0, 50, 100, 150, 200)]
    assert lines[1] == "run: 50 of 200 steps (25 %) after 5 s, return_mean -12.35"


def test_nothing_where_it_is_off(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar(10, "run", enabled=False) as bar:
        bar.show(10, {})
    assert capsys.readouterr() == ("", "")
