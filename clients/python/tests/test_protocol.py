"""What the client makes of silence, late and strange replies, and lost sockets."""

from __future__ import annotations

import gc
import os
import pickle
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from websockets.sync.server import ServerConnection

from fake_server import ACT, OBS, FakeServer, Message, error
from myoserve import MyoServeEnv, MyoServeError, MyoServeVectorEnv, list_envs
from myoserve import _messages as m
from myoserve._connection import Connection

STILL = np.zeros(ACT, np.float32)


@pytest.fixture
def env(fake: FakeServer) -> Iterator[MyoServeEnv]:
    env = MyoServeEnv("fake-v0", url=fake.url)
    yield env
    env.close()


def count(env: MyoServeEnv) -> float:
    return float(env.step(STILL)[0][0])


def test_step_returns_python_types_and_owned_arrays(env: MyoServeEnv) -> None:
    obs, info = env.reset(seed=3)
    assert info == {"dense": 0.0, "solved": False}
    obs, reward, terminated, truncated, info = env.step(STILL)
    assert obs.dtype == np.float32
    assert obs.shape == (OBS,)
    assert obs.flags.owndata
    assert obs.flags.writeable
    assert obs.flags.aligned
    assert (type(reward), type(terminated), type(truncated)) == (float, bool, bool)
    assert info == {"dense": 1.0, "solved": False}
    for _ in range(2):
        info = env.step(STILL)[4]
    assert info["solved"] is True


def test_requests_carry_id_step_number_and_only_what_was_asked(env: MyoServeEnv, fake: FakeServer) -> None:
    env.reset(seed=7)
    env.step(STILL)
    hello, make, reset, step = fake.seen
    assert hello["client"]["lang"] == "python"
    assert make["autoreset"] == "disabled"
    assert (reset["k"], reset["seed"]) == (1, 7)
    assert "options" not in reset
    assert step["k"] == 2
    assert step["action"] == {"dtype": "<f4", "shape": [1, ACT], "data": STILL.tobytes()}
    assert len({message["id"] for message in fake.seen}) == 4


def test_late_reply_after_timeout_never_answers_a_later_step(fake: FakeServer) -> None:
    held: list[Message] = []

    def hold(server: FakeServer, _socket: ServerConnection, message: Message) -> Any:
        reply = server.execute(message)
        if message["k"] == 3 and not held:
            held.append(reply)
            return None
        return reply

    fake.on["env.step"] = hold
    env = MyoServeEnv("fake-v0", url=fake.url, timeout=0.2)
    env.reset()
    assert count(env) == 1
    with pytest.raises(TimeoutError):
        env.step(STILL)
    # Step 2 happened, its reply comes late: the next step is 3, not the reply of 2.
    threading.Timer(0.1, lambda: fake.send(fake.sockets[-1], held[0])).start()
    assert count(env) == 3
    assert count(env) == 4
    env.close()


def test_step_that_failed_late_does_not_use_up_its_number(fake: FakeServer) -> None:
    def fail(server: FakeServer, socket: ServerConnection, message: Message) -> Any:
        if server.count("env.step") == 1:
            late = error(message, "BAD_ACTION", "late")
            threading.Timer(0.3, lambda: server.send(socket, late)).start()
            return None
        return server.execute(message)

    fake.on["env.step"] = fail
    env = MyoServeEnv("fake-v0", url=fake.url, timeout=0.2)
    env.reset()
    with pytest.raises(TimeoutError):
        env.step(STILL)
    time.sleep(0.2)
    assert count(env) == 1
    env.close()


def test_replies_out_of_order_reach_their_requests(fake: FakeServer) -> None:
    waiting: list[Message] = []

    def swap(server: FakeServer, _socket: ServerConnection, message: Message) -> Any:
        waiting.append(message)
        if len(waiting) < 2:
            return None
        replies = [
            {"t": "env.describe.ok", "id": each["id"], "spec": {**server.spec, "id": each["env"]}}
            for each in reversed(waiting)
        ]
        return [{"t": "ev.from.a.later.minor", "sub": "x"}, *replies]

    fake.on["env.describe"] = swap
    connection = Connection(fake.url)
    found: dict[str, str] = {}

    def describe(name: str) -> None:
        request = m.EnvDescribe(id=0, env=name)
        found[name] = connection.request(request, m.EnvDescribeOk, timeout=5).spec.id

    threads = [threading.Thread(target=describe, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    connection.close()
    assert found == {"a": "a", "b": "b"}


def test_many_threads_share_one_environment(env: MyoServeEnv, fake: FakeServer) -> None:
    env.reset()
    seen: list[float] = []

    def work() -> None:
        for _ in range(25):
            seen.append(count(env))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(seen) == list(range(1, 101))


@pytest.mark.parametrize("executed", [True, False], ids=["reply lost", "request lost"])
def test_lost_socket_resumes_and_steps_exactly_once(fake: FakeServer, executed: bool) -> None:
    def cut(server: FakeServer, _socket: ServerConnection, message: Message) -> Any:
        if message["k"] % 3 == 0 and server.count("hello") < message["k"]:
            if executed:
                server.execute(message)
            server.cut()
            return None
        return server.execute(message)

    fake.on["env.step"] = cut
    env = MyoServeEnv("fake-v0", url=fake.url)
    env.reset()
    assert [count(env) for _ in range(9)] == list(range(1, 10))
    # The token is replaced with each resume, and the new one is what is shown next.
    tokens = [hello["resume"][0]["token"] for hello in fake.hellos[1:]]
    assert tokens[:2] == ["t", "t'"]
    env.close()


def test_restarted_server_is_session_lost_until_reset(env: MyoServeEnv, fake: FakeServer) -> None:
    env.reset()
    count(env)
    fake.forget()
    fake.cut()
    with pytest.raises(MyoServeError) as caught:
        env.step(STILL)
    assert caught.value.code == "SESSION_LOST"
    with pytest.raises(MyoServeError):
        env.step(STILL)
    env.reset()
    assert count(env) == 1


def test_reset_survives_a_restart_that_nobody_noticed(env: MyoServeEnv, fake: FakeServer) -> None:
    env.reset()
    fake.forget()
    fake.cut()
    env.reset()
    assert count(env) == 1


def test_frame_that_breaks_every_link_fails_in_the_end(fake: FakeServer) -> None:
    def cut(server: FakeServer, _socket: ServerConnection, _message: Message) -> Any:
        server.cut()

    fake.on["env.step"] = cut
    env = MyoServeEnv("fake-v0", url=fake.url)
    env.reset()
    with pytest.raises(MyoServeError, match="UNAVAILABLE"):
        env.step(STILL)
    env.close()


def test_idle_link_is_resumed_in_the_background(env: MyoServeEnv, fake: FakeServer) -> None:
    env.reset()
    fake.cut()
    deadline = time.monotonic() + 10
    while len(fake.hellos) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(fake.hellos) == 2
    assert count(env) == 1


def test_pings_are_answered_while_the_learner_computes(env: MyoServeEnv, fake: FakeServer) -> None:
    env.reset()
    assert fake.sockets[-1].ping().wait(10)


def test_silent_server_counts_as_lost(fake: FakeServer) -> None:
    fake.ping_ms = 50
    silent = threading.Event()

    def silence(server: FakeServer, _socket: ServerConnection, message: Message) -> Any:
        if not silent.is_set():
            silent.set()
            return None
        return server.execute(message)

    fake.on["env.step"] = silence
    env = MyoServeEnv("fake-v0", url=fake.url)
    env.reset()
    assert count(env) == 1
    # A busy machine answers so late at times that a link counts as lost once more.
    assert len(fake.hellos) > 1
    env.close()


def test_server_that_never_comes_back_is_unavailable(fake: FakeServer) -> None:
    env = MyoServeEnv("fake-v0", url=fake.url)
    env.session.connection.patience = 0.3
    env.reset()
    fake.close()
    with pytest.raises(MyoServeError) as caught:
        env.step(STILL)
    assert caught.value.code == "UNAVAILABLE"
    assert caught.value.retryable
    env.close()


def test_coded_error_keeps_the_session(env: MyoServeEnv, fake: FakeServer) -> None:
    env.reset()
    fake.on["env.step"] = lambda _server, _socket, message: error(message, "BAD_ACTION", "no")
    with pytest.raises(MyoServeError) as caught:
        env.step(STILL)
    assert (caught.value.code, caught.value.retryable) == ("BAD_ACTION", False)
    assert str(pickle.loads(pickle.dumps(caught.value))) == "BAD_ACTION: no"
    del fake.on["env.step"]
    assert count(env) == 1


@pytest.mark.parametrize(
    "action",
    [np.zeros(ACT + 1, np.float32), np.zeros((1, ACT), np.float32), 0.5, ["a"] * ACT, None],
    ids=["long", "batched", "scalar", "words", "nothing"],
)
def test_wrong_action_is_refused_before_it_travels(env: MyoServeEnv, fake: FakeServer, action: Any) -> None:
    env.reset()
    with pytest.raises(MyoServeError, match="BAD_ACTION"):
        env.step(action)
    assert fake.count("env.step") == 0
    assert count(env) == 1


def test_oversized_request_is_refused_before_it_travels(fake: FakeServer) -> None:
    env = MyoServeVectorEnv("fake-v0", num_envs=2, url=fake.url)
    env.reset()
    with pytest.raises(MyoServeError, match="TOO_LARGE"):
        env.restore([bytes(2 << 20)])
    env.step(np.zeros((2, ACT), np.float32))
    env.close()


def test_reply_of_the_wrong_form_fails_its_call_only(env: MyoServeEnv, fake: FakeServer) -> None:
    env.reset()
    fake.on["env.metrics"] = lambda _server, _socket, message: {
        "t": "env.metrics.ok",
        "id": message["id"],
        "metrics": 3,
    }
    with pytest.raises(MyoServeError, match="INTERNAL"):
        env.session.metrics()
    assert count(env) == 1


def test_close_is_idempotent_and_ends_the_session(fake: FakeServer) -> None:
    env = MyoServeEnv("fake-v0", url=fake.url)
    env.reset()
    env.close()
    env.close()
    assert fake.sessions == {}
    with pytest.raises(MyoServeError, match="NOT_FOUND"):
        env.step(STILL)
    with pytest.raises(MyoServeError, match="NOT_FOUND"):
        env.reset()


def test_closing_wakes_a_thread_that_waits(fake: FakeServer) -> None:
    fake.on["env.metrics"] = lambda *_: None
    env = MyoServeEnv("fake-v0", url=fake.url)
    caught: list[BaseException] = []

    def ask() -> None:
        try:
            env.session.metrics()
        except MyoServeError as failure:
            caught.append(failure)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.1)
    env.close()
    thread.join(5)
    assert not thread.is_alive()
    assert len(caught) == 1


def test_forgotten_environment_lets_its_socket_and_thread_go(fake: FakeServer) -> None:
    before = threading.active_count()
    env: MyoServeEnv | None = MyoServeEnv("fake-v0", url=fake.url)
    assert env is not None
    socket = fake.sockets[-1]
    del env
    gc.collect()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and socket.close_code is None:
        time.sleep(0.02)
    assert socket.close_code is not None
    # The fake server reads the frames before the close in a thread of its own.
    while time.monotonic() < deadline and fake.sessions:
        time.sleep(0.02)
    assert fake.sessions == {}
    while time.monotonic() < deadline and threading.active_count() > before:
        time.sleep(0.02)
    assert threading.active_count() <= before


def test_pickle_makes_a_session_of_its_own(env: MyoServeEnv, fake: FakeServer) -> None:
    env.reset()
    count(env)
    copy: MyoServeEnv = pickle.loads(pickle.dumps(env))
    copy.reset()
    assert count(copy) == 1
    assert count(env) == 2
    assert len(fake.sessions) == 2
    copy.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_fork_leaves_the_parent_its_session(env: MyoServeEnv, fake: FakeServer) -> None:
    env.reset()
    assert count(env) == 1
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            try:
                env.step(STILL)
                answer = "stepped"
            except MyoServeError as failure:
                answer = failure.code
            env.reset()
            answer += f" {count(env):g} {count(env):g}"
            env.close()
        except BaseException as failure:
            answer = repr(failure)
        os.write(write, answer.encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        assert pipe.read() == "NEEDS_RESET 1 2"
    assert count(env) == 2
    assert len(fake.hellos) == 2


def test_nothing_there_says_what_to_do() -> None:
    with pytest.raises(MyoServeError, match="npx myoserve serve") as caught:
        list_envs("ws://127.0.0.1:9")
    assert caught.value.code == "UNAVAILABLE"


def test_url_comes_from_the_environment(fake: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYOSERVE_URL", fake.url)
    assert [entry.id for entry in list_envs()] == ["extra-v0"]
