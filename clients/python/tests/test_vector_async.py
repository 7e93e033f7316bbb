"""send and recv against a scripted server: order of completion, lost sockets, wrong use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from websockets.sync.server import ServerConnection

from fake_server import ACT, FakeServer, Message, error
from myoserve import MyoServeError, MyoServeVectorEnv

ROWS = 8


@pytest.fixture
def envs(fake: FakeServer) -> Iterator[MyoServeVectorEnv]:
    envs = MyoServeVectorEnv("fake-v0", num_envs=ROWS, url=fake.url, timeout=5)
    yield envs
    envs.close()


def still(rows: int) -> Any:
    return np.zeros((rows, ACT), np.float32)


def steps_of(fake: FakeServer) -> list[Message]:
    return [message for message in fake.seen if message["t"] == "env.step"]


def ids_of(message: Message) -> list[int]:
    rows: list[int] = np.frombuffer(message["env_ids"]["data"], "<u4").tolist()
    return rows


def received(envs: MyoServeVectorEnv) -> list[int]:
    rows: list[int] = envs.recv()[4]["env_id"].tolist()
    return rows


class Holder:
    """Executes at once and keeps back the replies until so many are there; then last comes first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.held: list[Message] = []

    def __call__(self, server: FakeServer, _socket: ServerConnection, message: Message) -> Any:
        self.held.append(server.execute(message))
        if len(self.held) < self.size:
            return None
        replies, self.held = self.held[::-1], []
        return replies


def test_batches_come_in_the_order_in_which_they_are_done(envs: MyoServeVectorEnv, fake: FakeServer) -> None:
    envs.reset()
    fake.on["env.step"] = Holder(3)
    envs.send(still(2), [0, 1])
    envs.send(still(3), [4, 5, 7])
    envs.send(still(1), [6])
    assert envs.pending == 6
    for rows, value in (([6], 3), ([4, 5, 7], 2), ([0, 1], 1)):
        obs, reward, term, trunc, infos = envs.recv()
        assert infos["env_id"].tolist() == rows
        assert infos["env_id"].dtype == np.int32
        assert obs.shape == (len(rows), 5)
        assert (obs == value).all()
        assert reward.tolist() == infos["dense"].tolist() == [value] * len(rows)
        assert not term.any()
        assert not trunc.any()
    assert envs.pending == 0
    assert [message["k"] for message in steps_of(fake)] == [2, 3, 4]
    del fake.on["env.step"]
    assert envs.step(still(ROWS))[0][0, 0] == 4


def test_rows_in_any_order_travel_ascending_with_their_actions(envs: MyoServeVectorEnv, fake: FakeServer) -> None:
    envs.reset()
    action = np.array([[0.5] * ACT, [0.1] * ACT, [0.3] * ACT], np.float32)
    envs.send(action, np.array([5, 1, 3], np.int32))
    assert received(envs) == [1, 3, 5]
    (step,) = steps_of(fake)
    assert ids_of(step) == [1, 3, 5]
    assert np.frombuffer(step["action"]["data"], "<f4").reshape(3, ACT).tolist() == action[[1, 2, 0]].tolist()
    envs.send(still(ROWS))
    assert received(envs) == list(range(ROWS))
    assert "env_ids" not in steps_of(fake)[-1]


def test_async_reset_comes_in_batches(envs: MyoServeVectorEnv, fake: FakeServer) -> None:
    envs.async_reset(seed=3, batch_size=3)
    for rows in ([0, 1, 2], [3, 4, 5], [6, 7]):
        obs, reward, term, _, infos = envs.recv()
        assert infos["env_id"].tolist() == rows
        assert obs.shape == (len(rows), 5)
        assert reward.tolist() == infos["dense"].tolist() == [0] * len(rows)
        assert not term.any()
        envs.send(still(len(rows)), rows)
    assert fake.seen[2]["seed"] == 3
    assert [received(envs)[0] for _ in range(3)] == [0, 3, 6]


def test_fifth_batch_waits_for_one_of_four(envs: MyoServeVectorEnv, fake: FakeServer) -> None:
    envs.reset()
    most: list[int] = []
    holder = Holder(4)

    def hold(server: FakeServer, socket: ServerConnection, message: Message) -> Any:
        most.append(len(holder.held) + 1)
        return holder(server, socket, message)

    fake.on["env.step"] = hold
    for row in range(8):
        envs.send(still(1), [row])
    assert [received(envs) for _ in range(8)] == [[3], [2], [1], [0], [7], [6], [5], [4]]
    assert max(most) == 4


def test_shared_buffer_holds_the_newest_of_each_row(fake: FakeServer) -> None:
    envs = MyoServeVectorEnv("fake-v0", num_envs=ROWS, url=fake.url, copy=False)
    whole, _ = envs.reset()
    assert np.shares_memory(envs.step(still(ROWS))[0], whole)
    envs.send(still(2), [2, 3])
    obs = envs.recv()[0]
    assert np.shares_memory(obs, whole)
    envs.send(still(2), [0, 5])
    assert not np.shares_memory(envs.recv()[0], whole)
    assert whole[:, 0].tolist() == [3, 1, 2, 2, 1, 3, 1, 1]
    envs.close()


@pytest.mark.parametrize("executed", [0, 1, 2], ids=["none", "one", "both"])
@pytest.mark.parametrize("answered", [False, True])
def test_lost_socket_with_two_batches_under_way(
    envs: MyoServeVectorEnv, fake: FakeServer, executed: int, answered: bool
) -> None:
    envs.reset()
    seen: list[Message] = []

    def cut(server: FakeServer, socket: ServerConnection, message: Message) -> Any:
        if len(server.hellos) > 1:
            return server.execute(message)
        seen.append(message)
        if len(seen) == 2:
            replies = [server.execute(each) for each in seen[:executed]]
            if answered and replies:
                server.send(socket, replies[-1])
            server.cut()
        return None

    fake.on["env.step"] = cut
    envs.send(still(2), [0, 1])
    envs.send(still(2), [2, 3])
    values: dict[int, float] = {}
    for _ in range(2):
        obs, *_, infos = envs.recv()
        values[int(infos["env_id"][0])] = float(obs[0, 0])
    # Each was executed once, in the order of its number, whatever was lost.
    assert values == {0: 1, 2: 2}
    del fake.on["env.step"]
    assert envs.step(still(ROWS))[0][0, 0] == 3
    assert len(fake.hellos) == 2


def test_session_lost_under_way(envs: MyoServeVectorEnv, fake: FakeServer) -> None:
    def vanish(server: FakeServer, _socket: ServerConnection, _message: Message) -> None:
        if server.count("env.step") == 2:
            server.forget()
            server.cut()

    envs.reset()
    fake.on["env.step"] = vanish
    envs.send(still(1), [0])
    envs.send(still(1), [1])
    with pytest.raises(MyoServeError, match="SESSION_LOST"):
        envs.recv()
    with pytest.raises(MyoServeError, match="SESSION_LOST"):
        envs.send(still(1), [2])
    del fake.on["env.step"]
    envs.async_reset()
    assert received(envs) == list(range(ROWS))
    assert envs.step(still(ROWS))[0][0, 0] == 1


def test_batch_that_failed_frees_its_rows_and_its_number(envs: MyoServeVectorEnv, fake: FakeServer) -> None:
    envs.reset()

    def refuse(server: FakeServer, _socket: ServerConnection, message: Message) -> Any:
        if message["k"] == 3 and ids_of(message) == [1]:
            return error(message, "BAD_ACTION", "no")
        return server.execute(message)

    fake.on["env.step"] = refuse
    for row in range(4):
        envs.send(still(1), [row])
    assert received(envs) == [0]
    for row, code in ((1, "BAD_ACTION"), (2, "STEP_CONFLICT"), (3, "STEP_CONFLICT")):
        with pytest.raises(MyoServeError, match=code) as caught:
            envs.recv()
        assert caught.value.data["env_ids"] == [row]
    assert envs.pending == 0
    envs.send(still(2), [2, 3])
    assert received(envs) == [2, 3]
    assert steps_of(fake)[-1]["k"] == 3


def test_number_of_a_failed_batch_is_used_after_those_behind_it_came_back(
    envs: MyoServeVectorEnv, fake: FakeServer
) -> None:
    envs.reset()
    waiting: list[Message] = []
    events: list[str] = []

    def refuse(server: FakeServer, socket: ServerConnection, message: Message) -> Any:
        waiting.append(message)
        if len(waiting) == 1:
            return error(message, "BAD_ACTION", "no")
        if len(waiting) == 2:

            def late() -> None:
                events.append("refused")
                server.send(socket, error(message, "STEP_CONFLICT", "follows"))

            threading.Timer(0.1, late).start()
            return None
        events.append("next")
        return server.execute(message)

    fake.on["env.step"] = refuse
    envs.send(still(1), [0])
    envs.send(still(1), [1])
    with pytest.raises(MyoServeError, match="BAD_ACTION"):
        envs.recv()
    envs.send(still(1), [0])
    with pytest.raises(MyoServeError, match="STEP_CONFLICT"):
        envs.recv()
    assert received(envs) == [0]
    assert [message["k"] for message in waiting] == [2, 3, 2]
    assert events == ["refused", "next"]


def test_timeout_leaves_the_batch_under_way(fake: FakeServer) -> None:
    envs = MyoServeVectorEnv("fake-v0", num_envs=ROWS, url=fake.url, timeout=0.2)
    envs.reset()
    holder = fake.on["env.step"] = Holder(2)
    envs.send(still(1), [0])
    with pytest.raises(TimeoutError):
        envs.recv()
    assert envs.pending == 1
    fake.send(fake.sockets[-1], holder.held[0])
    assert received(envs) == [0]
    envs.close()


def test_synchronous_calls_are_refused_while_rows_are_under_way(envs: MyoServeVectorEnv, fake: FakeServer) -> None:
    envs.reset()
    envs.send(still(2), [0, 1])
    calls: list[Any] = [lambda: envs.step(still(ROWS)), envs.reset, lambda: envs.restore([b"x"])]
    for call in calls:
        with pytest.raises(MyoServeError, match="2 rows are under way"):
            call()
    with pytest.raises(ValueError, match="row 1 is under way"):
        envs.send(still(2), [1, 2])
    with pytest.raises(ValueError, match="row 0 is under way"):
        envs.async_reset()
    assert received(envs) == [0, 1]
    assert envs.step(still(ROWS))[0][0, 0] == 2


def test_recv_needs_something_sent(envs: MyoServeVectorEnv) -> None:
    with pytest.raises(MyoServeError, match="nothing is under way"):
        envs.recv()


@pytest.mark.parametrize("rows", [[], [0, 0], [-1], [ROWS], [0.5], [True], [[0]], 3])
def test_ill_formed_rows(envs: MyoServeVectorEnv, fake: FakeServer, rows: Any) -> None:
    envs.reset()
    with pytest.raises(ValueError, match="env_ids"):
        envs.send(still(1), rows)
    assert steps_of(fake) == []


def test_ill_formed_actions_and_batch_size(envs: MyoServeVectorEnv, fake: FakeServer) -> None:
    envs.reset()
    with pytest.raises(MyoServeError, match="BAD_ACTION"):
        envs.send(still(3), [0, 1])
    with pytest.raises(ValueError, match="batch_size"):
        envs.async_reset(batch_size=0)
    assert envs.pending == 0
    assert steps_of(fake) == []
