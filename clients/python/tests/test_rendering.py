"""Pictures from scenes of a scripted server."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import pytest
from websockets.sync.server import ServerConnection

import myoserve
import opengl
from fake_server import ACT, FakeServer, Message, make_spec, nd
from myoserve.rendering import cache_dir

TERRAIN = b"""
<mujoco>
  <asset>
    <hfield name="ground" nrow="4" ncol="4" size="1 1 1 0.1"/>
    <mesh name="wedge" file="meshes/wedge.obj"/>
  </asset>
  <worldbody>
    <light pos="0 -2 3" dir="0 1 -1"/>
    <camera name="front" pos="0 -3 0.6" xyaxes="1 0 0 0 0.1 1"/>
    <geom type="hfield" hfield="ground" rgba="0.1 0.7 0.1 1"/>
    <body pos="0 0 0.6">
      <joint name="slide" type="slide" axis="1 0 0"/>
      <geom type="mesh" mesh="wedge" rgba="0.9 0.1 0.1 1"/>
      <site name="tip" pos="0 0 0.3"/>
    </body>
    <site name="anchor" pos="0 0 2"/>
    <body name="target" mocap="true" pos="5 0 0"><geom size="0.2" rgba="0 0 1 1"/></body>
  </worldbody>
  <tendon>
    <spatial name="cord" width="0.05"><site site="tip"/><site site="anchor"/></spatial>
  </tendon>
  <actuator><muscle name="pull" tendon="cord" lengthrange="0.1 3"/></actuator>
</mujoco>
"""
WEDGE = b"""
v 0 0 0
v .4 0 0
v 0 .4 0
v 0 0 .4
f 1 3 2
f 1 2 4
f 2 3 4
f 3 1 4
"""


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Stage:
    """A server with a scene to set."""

    def __init__(self, fake: FakeServer) -> None:
        self.fake = fake
        self.blobs = {sha(data): data for data in (TERRAIN, WEDGE)}
        self.scene: Message = {
            "model_sha256": sha(TERRAIN),
            "xpos": nd(np.zeros((3, 3))),
            "xquat": nd(np.zeros((3, 4))),
            "qpos": nd(np.zeros(1)),
            "mocap_pos": nd(np.array([[5.0, 0, 0]])),
            "mocap_quat": nd(np.array([[1.0, 0, 0, 0]])),
            "act": nd(np.zeros(1)),
            "edits": {},
        }
        fake.spec = make_spec(model_sha256=sha(TERRAIN))
        fake.on["env.model"] = self._model
        fake.on["blob.get"] = self._blob
        fake.on["env.render"] = self._render

    def _model(self, _fake: FakeServer, _socket: ServerConnection, message: Message) -> Message:
        asset = {"name": "meshes/wedge.obj", "sha256": sha(WEDGE), "size": len(WEDGE)}
        return {
            "t": "env.model.ok",
            "id": message["id"],
            "model_sha256": sha(TERRAIN),
            "assets": [asset],
        }

    def _blob(self, _fake: FakeServer, _socket: ServerConnection, message: Message) -> Message:
        data, offset = self.blobs[message["sha256"]], message["offset"]
        # In small parts, as a large file comes.
        part = data[offset : offset + 100]
        place = {"sha256": message["sha256"], "offset": offset, "size": len(data)}
        return {"t": "blob.get.ok", "id": message["id"], "data": part, **place}

    def _render(self, fake: FakeServer, _socket: ServerConnection, message: Message) -> Message:
        rows = fake.sessions[message["s"]]["rows"]
        scenes = [self.scene] * rows
        return {"t": "env.render.ok", "id": message["id"], "s": message["s"], "scenes": scenes}


@pytest.fixture
def stage(fake: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    opengl.needs("mujoco")
    monkeypatch.setenv("MYOSERVE_CACHE", str(tmp_path / "cache"))
    return Stage(fake)


def make(stage: Stage, **kwargs: Any) -> myoserve.MyoServeEnv:
    env = myoserve.MyoServeEnv("fake-v0", url=stage.fake.url, render_mode="rgb_array", width=64, height=48, **kwargs)
    env.reset()
    return env


def draw(env: myoserve.MyoServeEnv) -> npt.NDArray[np.uint8]:
    return opengl.draw(env)[0]


def redness(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Where red things are: a weight for each column."""
    parts = picture.astype(float)
    weight: npt.NDArray[np.float64] = np.maximum(0, parts[..., 0] - parts[..., 1:].max(-1)).sum(0)
    return weight


def test_scene_moves_the_picture(stage: Stage) -> None:
    env = make(stage, camera="front")
    before = draw(env)
    assert before.shape == (48, 64, 3)
    assert before.dtype == np.uint8
    assert np.array_equal(draw(env), before)
    columns = np.arange(64)
    centre = np.average(columns, weights=redness(before))
    stage.scene["qpos"] = nd(np.array([0.8]))
    after = np.average(columns, weights=redness(draw(env)))
    assert after > centre + 5
    env.close()


def test_activation_mocap_and_edits_show(stage: Stage) -> None:
    env = make(stage, camera="front")
    base = draw(env)
    changes: dict[str, Any] = {
        "act": nd(np.ones(1)),
        "mocap_pos": nd(np.array([[0.5, 0, 0.5]])),
        "edits": {"hfield_data": nd(np.linspace(0, 0.9, 16))},
    }
    for key, value in changes.items():
        kept = stage.scene[key]
        stage.scene[key] = value
        assert not np.array_equal(draw(env), base), key
        stage.scene[key] = kept
        assert np.array_equal(draw(env), base), key
    env.close()


def test_terrain_of_the_first_scene_shows(stage: Stage) -> None:
    flat = make(stage, camera="front")
    base = draw(flat)
    flat.close()
    stage.scene["edits"] = {"hfield_data": nd(np.linspace(0, 0.9, 16))}
    env = make(stage, camera="front")
    assert not np.array_equal(draw(env), base)
    env.close()


def test_model_is_fetched_once_and_checked(stage: Stage) -> None:
    env = make(stage)
    draw(env)
    draw(env)
    env.close()
    fetched = stage.fake.count("blob.get")
    assert fetched >= 2
    env = make(stage)
    draw(env)
    env.close()
    assert stage.fake.count("blob.get") == fetched
    # A damaged file of the cache is fetched again.
    (cache_dir() / "blobs" / sha(WEDGE)).write_bytes(b"v")
    env = make(stage)
    draw(env)
    env.close()
    assert stage.fake.count("blob.get") > fetched
    stage.blobs[sha(WEDGE)] = b"not it"
    (cache_dir() / "blobs" / sha(WEDGE)).unlink()
    env = make(stage)
    with pytest.raises(OSError, match="hash"):
        env.render()
    env.close()


def test_rows_are_drawn_each(stage: Stage) -> None:
    envs = myoserve.MyoServeVectorEnv(
        "fake-v0", num_envs=2, url=stage.fake.url, render_mode="rgb_array", width=32, height=24
    )
    envs.reset()
    pictures = opengl.draw(envs)
    assert [picture.shape for picture in pictures] == [(24, 32, 3)] * 2
    envs.close()


def test_record_video(stage: Stage, tmp_path: Path) -> None:
    opengl.needs("moviepy")
    env = make(stage)
    draw(env)
    video = gym.wrappers.RecordVideo(env, str(tmp_path / "video"), video_length=4)
    video.reset()
    for _ in range(5):
        video.step(np.zeros(ACT, np.float32))
    video.close()  # type: ignore[no-untyped-call]
    (file,) = (tmp_path / "video").glob("*.mp4")
    assert file.stat().st_size > 0


def test_missing_mujoco_names_the_command(fake: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mujoco", None)
    env = myoserve.MyoServeEnv("fake-v0", url=fake.url, render_mode="rgb_array")
    with pytest.raises(ImportError, match=r"pip install 'myoserve\[render\]'"):
        env.render()
    env.close()
