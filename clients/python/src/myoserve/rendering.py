"""Pictures of a scene, drawn by MuJoCo on this machine; the only user of the `mujoco` package.

The server sends poses; the visual model is fetched once by its hash and kept in the cache.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _messages as m
from ._session import Session
from ._spaces import Array, from_nd

# Tendon colours at activation 0 and 1 (RGBA): blue to red, as muscles are drawn.
RELAXED = np.array([0.2, 0.3, 0.8, 1.0])
ACTIVE = np.array([0.95, 0.2, 0.15, 1.0])


def _import_mujoco() -> Any:
    headless = sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if headless and not os.environ.get("MUJOCO_GL"):
        # MuJoCo chooses its GL library when it is imported.
        if sys.modules.get("mujoco") is not None:
            raise RuntimeError(
                "Drawing without a display needs MUJOCO_GL=egl before mujoco is imported, but it "
                "was imported already; set it in the shell, or import mujoco after the first "
                "render()."
            )
        os.environ["MUJOCO_GL"] = "egl"
    try:
        import mujoco  # noqa: PLC0415 - optional, and MUJOCO_GL must be set before
    except ImportError as error:
        raise ImportError(
            "render_mode='rgb_array' draws with MuJoCo, which is not installed here; run "
            "`pip install 'myoserve[render]'`."
        ) from error
    return mujoco


def cache_dir() -> Path:
    """`MYOSERVE_CACHE`, else the platform's user cache folder + ``/myoserve``."""
    own = os.environ.get("MYOSERVE_CACHE")
    if own:
        return Path(own)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "myoserve"


def fetch_blob(session: Session, sha256: str) -> bytes:
    """A file by its hash, from the cache or the server."""
    path = cache_dir() / "blobs" / sha256
    if path.is_file():
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
    data = _download(session, sha256)
    _store(path, data)
    return data


def _download(session: Session, sha256: str) -> bytes:
    parts: list[bytes] = []
    offset, size = 0, 1
    while offset < size:
        part = session.ask(m.BlobGet(id=0, sha256=sha256, offset=offset), m.BlobGetOk)
        if not part.data.nbytes:
            break
        parts.append(bytes(part.data))
        offset, size = offset + part.data.nbytes, part.size
    data = b"".join(parts)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise OSError(f"the server's file {sha256} does not have its hash; its cache is damaged")
    return data


def _store(path: Path, data: bytes) -> None:
    """Whole or not at all: other processes read the same cache."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    Path(file.name).replace(path)


class SceneRenderer:
    """Draws scenes of one session. Not thread-safe, and of no use after a fork."""

    def __init__(self, session: Session, width: int, height: int, camera: str | int | None) -> None:
        """Fetch the model and open a GL context.

        Args:
            session: the session whose model is drawn.
            width: pixels.
            height: pixels.
            camera: name or number of a camera of the model; a free one where absent.

        Raises:
            ImportError: MuJoCo is missing.
            MyoServeError: NOT_FOUND where the environment has no model.

        """
        self._mujoco = _import_mujoco()
        handle = session.lease.handle
        files = session.ask(m.EnvModel(id=0, s=handle), m.EnvModelOk)
        assets = {asset.name: fetch_blob(session, asset.sha256) for asset in files.assets}
        xml = fetch_blob(session, files.model_sha256).decode()
        self._model = self._mujoco.MjModel.from_xml_string(xml, assets)
        self._data = self._mujoco.MjData(self._model)
        self._muscles = self._tendon_of_activation()
        self._edited: dict[str, Array] = {}
        buffer = self._model.vis.global_
        buffer.offwidth, buffer.offheight = (
            max(buffer.offwidth, width),
            max(buffer.offheight, height),
        )
        self._renderer = self._mujoco.Renderer(self._model, height, width)
        self._context = self._renderer._mjr_context
        self._camera = self._free_camera() if camera is None else camera

    def _free_camera(self) -> Any:
        if self._model.ncam:
            return 0
        camera = self._mujoco.MjvCamera()
        self._mujoco.mjv_defaultFreeCamera(self._model, camera)
        return camera

    def _tendon_of_activation(self) -> list[tuple[int, int]]:
        """Pairs of an activation and the tendon that its muscle pulls."""
        model, pairs = self._model, []
        for actuator in range(model.nu):
            address = int(model.actuator_actadr[actuator])
            if address >= 0 and model.actuator_trntype[actuator] == self._mujoco.mjtTrn.mjTRN_TENDON:
                pairs.append((address, int(model.actuator_trnid[actuator, 0])))
        return pairs

    def draw(self, scene: m.SceneMap) -> npt.NDArray[np.uint8]:
        """A picture [height, width, 3] of a scene."""
        self._pose(scene)
        self._renderer.update_scene(self._data, self._camera)
        picture: npt.NDArray[np.uint8] = self._renderer.render().copy()
        return picture

    def _pose(self, scene: m.SceneMap) -> None:
        model, data, mujoco = self._model, self._data, self._mujoco
        self._edit({name: from_nd(array) for name, array in scene.edits.items()})
        data.qpos[:] = from_nd(scene.qpos)
        if model.nmocap:
            data.mocap_pos[:] = from_nd(scene.mocap_pos).reshape(-1, 3)
            data.mocap_quat[:] = from_nd(scene.mocap_quat).reshape(-1, 4)
        act = from_nd(scene.act)
        for address, tendon in self._muscles:
            if address < act.size:
                level = float(np.clip(act[address], 0, 1))
                model.tendon_rgba[tendon] = RELAXED + level * (ACTIVE - RELAXED)
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_camlight(model, data)
        mujoco.mj_tendon(model, data)

    def _edit(self, edits: Mapping[str, Array]) -> None:
        """Fields that the task changed in the model; those of the last scene go back first."""
        wanted = {name: value for name, value in self._edited.items() if name not in edits}
        for name, value in [*wanted.items(), *edits.items()]:
            field: Array = getattr(self._model, name)
            changed = value.reshape(field.shape).astype(field.dtype)
            if np.array_equal(field, changed):
                continue
            if name in edits:
                self._edited.setdefault(name, field.copy())
            else:
                del self._edited[name]
            field[:] = changed
            if name == "hfield_data":
                self._upload_terrain()

    def _upload_terrain(self) -> None:
        """Height fields are drawn from the GPU's memory."""
        for number in range(self._model.nhfield):
            self._mujoco.mjr_uploadHField(self._model, self._context, number)

    def close(self) -> None:
        """Free the GL context."""
        self._renderer.close()
