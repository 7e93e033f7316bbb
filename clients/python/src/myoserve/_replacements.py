"""What stands here for the attributes of MyoSuite's environments, which hold their simulation themselves."""

from __future__ import annotations

_MODEL = "its names and limits are in env.unwrapped.server_spec (actuators, joints, obs_keys); render() draws it"
_DATA = "read env.unwrapped.qpos, qvel, act, time and obs_dict; snapshot() and restore() are the full state"
_OBS = "take the observation that step() and reset() return, or env.unwrapped.obs_dict"
_REWARD = "read env.unwrapped.rwd_dict, or gym.make(..., info_dicts=True) for info['rwd_dict'] of each step"
_STATE = "use snapshot() and restore(), which hold the full state"
_SEED = "pass the seed to reset(seed=...)"
_RENDER = "use gym.make(..., render_mode='rgb_array') and env.render()"
_TARGET = "targets are groups of env.unwrapped.obs_dict"
_VARIANT = "the id names the condition (myoSarc..., myoFati..., myoReaf...): env.unwrapped.server_spec.id"
_FATIGUE = "its compartments are part of snapshot() and not shown"
_WEIGHTS = "read env.unwrapped.server_spec.reward_weights; the keyword argument weighted_reward_keys sets them"
_STAGE = "use a gymnasium.ActionWrapper, or an id with the condition"
_LEGACY = "write the loop of reset() and step() yourself, or let env.unwrapped.rollout(actions) step on the server"

REPLACEMENTS: dict[str, str] = {
    "sim": _DATA,
    "sim_obsd": _DATA,
    "data": _DATA,
    "mj_data": _DATA,
    "accessor": _DATA,
    "forward": "nothing is stale: the server's groups are those of the present state",
    "model": _MODEL,
    "mj_model": _MODEL,
    "robot": _MODEL,
    "init_qpos": "call reset() and read env.unwrapped.qpos",
    "init_qvel": "call reset() and read env.unwrapped.qvel",
    "get_obs": _OBS,
    "get_obs_dict": _OBS,
    "get_obs_vec": _OBS,
    "get_proprioception": _OBS,
    "get_exteroception": "draw with env.render()",
    "get_reward_dict": _REWARD,
    "get_env_state": _STATE,
    "set_env_state": _STATE,
    "set_state": _STATE,
    "get_env_infos": "read the info of step(); info_dicts=True adds obs_dict and rwd_dict",
    "get_body_com": "ask for a group of positions with obs_keys, e.g. tip_pos",
    "seed": _SEED,
    "get_input_seed": _SEED,
    "mj_render": _RENDER,
    "mj_renderer": _RENDER,
    "mujoco_render_frames": _RENDER,
    "viewer_setup": _RENDER,
    "render_camera": "use gym.make(..., camera=<name>)",
    "target_jnt_value": _TARGET,
    "target_reach_range": _TARGET,
    "tip_sids": _TARGET,
    "target_sids": _TARGET,
    "muscle_condition": _VARIANT,
    "muscle_fatigue": _FATIGUE,
    "fatigue_reset_vec": _FATIGUE,
    "fatigue_reset_random": _FATIGUE,
    "set_fatigue_reset_random": _FATIGUE,
    "rwd_keys_wt": _WEIGHTS,
    "obs_keys": "read list(env.unwrapped.server_spec.obs_keys); the keyword argument obs_keys sets them",
    "frame_skip": "read env.unwrapped.server_spec.frame_skip; the keyword argument frame_skip sets it",
    "normalize_act": "the keyword argument normalize_act sets it",
    "horizon": "read env.unwrapped.server_spec.max_episode_steps",
    "id": "read env.unwrapped.server_spec.id",
    "last_ctrl": "read env.unwrapped.act",
    "add_ctrl_stage": _STAGE,
    "remove_ctrl_stage": _STAGE,
    "ctrl_stages": _STAGE,
    "evaluate_success": _LEGACY,
    "examine_policy": _LEGACY,
    "examine_policy_new": _LEGACY,
    "get_metrics": "read env.unwrapped.rwd_dict['solved'] and act over an episode",
}

# Those of a row, which a vector of rows has not.
ROW_ATTRIBUTES = frozenset({"obs_dict", "rwd_dict", "qpos", "qvel", "act", "time"})


def missing(owner: str, name: str) -> AttributeError:
    """The error for an attribute that is not there."""
    sentence = f"{owner!r} object has no attribute {name!r}"
    if name.startswith("_"):
        return AttributeError(sentence)
    remedy = REPLACEMENTS.get(name)
    if remedy is None:
        remedy = "the simulation runs on the server; " + _DATA
    return AttributeError(f"{sentence}: {remedy}.")
