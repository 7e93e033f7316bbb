"""Fixtures of every test here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import myoserve
from fake_server import FakeServer
from live_server import live_server


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    server = FakeServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[myoserve.Server]:
    with live_server(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="session")
def installed(server: myoserve.Server) -> frozenset[str]:
    """Ids whose models are on this machine."""
    return frozenset(entry.id for entry in myoserve.list_envs(server.url) if entry.installed)
