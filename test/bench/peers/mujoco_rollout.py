"""mujoco.rollout over the model and start of a recorded workload. Arguments: folder, sequences, horizon, threads."""

import struct
import sys
from pathlib import Path
from typing import Any

import mujoco
import mujoco.rollout
import numpy as np
from actions import plans
from contestant import serve

NAME_BYTES = 32


class Workload:
    """What physics-workload.ts recorded, as far as a rollout needs it: edits of the model, frame skip, first start."""

    def __init__(self, folder: Path) -> None:
        self.model = mujoco.MjModel.from_xml_path(str(folder / "model.xml"))
        self._bytes = (folder / "workload.bin").read_bytes()
        self._at = 0
        for _ in range(self._int()):
            self._edit()
        self.frame_skip = self._int()
        self._int()  # whether the task reads sensors
        self._int()  # episodes
        self._int()  # steps of the first
        self.data = mujoco.MjData(self.model)
        self.data.qpos[:] = self._doubles(self.model.nq)
        self.data.qvel[:] = self._doubles(self.model.nv)
        self.data.act[:] = self._doubles(self.model.na)
        # As MyoServe's engines: energy is computed for nobody, sensors in no sub-step.
        self.model.opt.enableflags &= ~int(mujoco.mjtEnableBit.mjENBL_ENERGY)
        self.model.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_SENSOR)

    def _int(self) -> int:
        (value,) = struct.unpack_from("<i", self._bytes, self._at)
        self._at += 4
        return int(value)

    def _doubles(self, count: int) -> Any:
        values = np.frombuffer(self._bytes, "<f8", count, self._at)
        self._at += 8 * count
        return values

    def _edit(self) -> None:
        name = self._bytes[self._at : self._at + NAME_BYTES].rstrip(b"\0").decode()
        self._at += NAME_BYTES
        values = self._doubles(self._int())
        if name == "meaninertia":
            self.model.stat.meaninertia = values[0]
        elif name == "disableflags":
            self.model.opt.disableflags = int(values[0])
        else:
            field = getattr(self.model, name)
            field[...] = values.reshape(field.shape)


def main() -> None:
    """Serve rollouts on the line protocol."""
    sequences, horizon, threads = (int(argument) for argument in sys.argv[2:5])
    workload = Workload(Path(sys.argv[1]))
    model = workload.model
    actions = plans(sequences, horizon, model.nu)
    # MyoSuite's map of actions to muscle excitations; each is held for a control step.
    control = np.repeat(1 / (1 + np.exp(-5 * (actions.astype(np.float64) - 0.5))), workload.frame_skip, axis=1)
    full = mujoco.mjtState.mjSTATE_FULLPHYSICS
    start = np.empty(mujoco.mj_stateSize(model, full))
    mujoco.mj_getState(model, workload.data, start, full)
    starts = np.tile(start, (sequences, 1))
    steps = control.shape[1]
    state = np.empty((sequences, steps, start.size))
    sensordata = np.empty((sequences, steps, model.nsensordata))
    scratch = [mujoco.MjData(model) for _ in range(threads)]
    with mujoco.rollout.Rollout(nthread=threads) as pool:

        def step() -> int:
            pool.rollout(model, scratch, starts, control, state=state, sensordata=sensordata)
            return sequences * horizon

        serve(step)


if __name__ == "__main__":
    main()
