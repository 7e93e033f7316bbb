"""Writes legacy-vectors.json: draws of numpy.random.RandomState (MT19937) that the port must repeat bit for bit.

Run with any NumPy >= 2.0: python test/random/generate-legacy-vectors.py, then npx prettier --write test/random
"""

import hashlib
import json
import random
from pathlib import Path

import numpy as np
from numpy.random import RandomState

OUT = Path(__file__).with_name("legacy-vectors.json")
# The last three are arrays of two words for NumPy, see createRandomState.
SEEDS = [0, 1, 7, 2**31, 2**32 - 1, 2**32, 2**32 + 12345, 2**53 - 1]
DIGEST_SIZE = 100_000
# Half the draws of the first are rejected; the last needs 53 bits.
RANGES = [(0, 2**31 + 1), (0, 3), (-7, 2**32 - 8), (-(2**31), 2**31), (0, 2**40), (0, 2**53 - 2**42 + 2**32)]
PROBABILITIES = [0.1, 0.0, 0.25, 0.4, 0.05, 0.2]


def state_of(seed):
    return RandomState(seed if seed < 2**32 else [seed % 2**32, seed // 2**32])


def stream(seed):
    return {"seed": seed, "words": state_of(seed).randint(0, 2**32, 6, np.uint32).tolist()}


def digest(values):
    return hashlib.sha256(np.asarray(values, dtype="<f8").tobytes()).hexdigest()


def digests():
    n = DIGEST_SIZE
    rows = {"random": digest(RandomState(11).random_sample(n))}
    for low, high in RANGES:
        rows[f"integers {low} {high}"] = digest(RandomState(11).randint(low, high, n, dtype=np.int64))
    return rows


def one_draw(rng, dice):
    """A method of the port, its arguments and NumPy's result."""
    low = dice.choice([-1.5, 0.0, 3.25])
    bounds = [dice.choice([0, -5, 2]), dice.choice([3, 1000, 2**31 - 1, 2**32 + 2, 2**40, 2**53 - 5])]
    weights = PROBABILITIES
    return dice.choice(
        [
            lambda: ["random", [], rng.random_sample()],
            lambda: ["uniform", [low, low + 0.7], rng.uniform(low, low + 0.7)],
            lambda: ["uniformInto", [[0, low], 7.1], rng.uniform([0, low], 7.1).tolist()],
            lambda: ["integers", bounds, int(rng.randint(*bounds, dtype=np.int64))],
            lambda: ["integers", [0, 5], int(rng.randint(5))],
            lambda: ["integers", [4, 5], int(rng.randint(4, 5))],
            lambda: ["standardNormal", [], rng.randn()],
            lambda: ["normal", [low, 2.5], rng.normal(low, 2.5)],
            lambda: ["normalInto", [[low, 1.0], [0.5, 0.0]], rng.normal([low, 1.0], [0.5, 0.0]).tolist()],
            lambda: ["choiceIndex", [6], int(rng.choice(6))],
            lambda: ["choice", [[2, 3, 5, 7, 11]], int(rng.choice([2, 3, 5, 7, 11]))],
            lambda: ["choiceP", [weights], int(rng.choice(len(weights), p=weights))],
        ]
    )()


def mixed():
    rng = RandomState(123)
    dice = random.Random(5)
    draws = [one_draw(rng, dice) for _ in range(300)]
    state = rng.get_state(legacy=False)
    key = "".join(f"{int(word):08x}" for word in state["state"]["key"])
    end = {
        "key": hashlib.sha256(key.encode()).hexdigest(),
        "position": int(state["state"]["pos"]),
        "gauss": state["gauss"] if state["has_gauss"] else None,
    }
    return {"draws": draws, "end": end}


vectors = {
    "numpy": np.__version__,
    "streams": [stream(seed) for seed in SEEDS],
    "digests": digests(),
    "mixed": mixed(),
}
OUT.write_text(json.dumps(vectors) + "\n")
