"""Writes vectors.json: draws of numpy.random.Generator(PCG64) that the TypeScript port must repeat bit for bit.

Run with any NumPy >= 2.0: python test/random/generate-vectors.py && npx prettier --write test/random/vectors.json
"""

import hashlib
import json
import random
from pathlib import Path

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

OUT = Path(__file__).with_name("vectors.json")
SEEDS = [0, 1, 7, 2**32 - 1, 2**32, 2**53 - 1, 2**64 + 3, 2**200 + 12345, [0, 0], [1, 2**40, 3, 4, 5, 2**33]]
SPAWN_KEYS = [(), (0,), (3, 2**33), (0x6E616D65, 5, *b"noise"), (0x6E616D65, 3, *b"dep", 1)]
DIGEST_SIZE = 100_000
# Half the draws of the first are rejected; one in 2048 of the last.
RANGES = [
    (0, 2**31 + 1),
    (0, 3),
    (0, 100_000),
    (-7, 2**32 - 8),
    (-(2**31), 2**31),
    (0, 2**40),
    (0, 2**53 - 2**42 + 2**32),
]
PROBABILITIES = [0.1, 0.0, 0.25, 0.4, 0.05, 0.2]


def generator(seed, key=()):
    return Generator(PCG64(SeedSequence(seed, spawn_key=key)))


def text(seed):
    """Integers as strings: JavaScript would round the large ones."""
    return [str(s) for s in seed] if isinstance(seed, list) else str(seed)


def stream(seed, key):
    rng = generator(seed, key)
    state = rng.bit_generator.state["state"]
    return {
        "seed": text(seed),
        "key": list(key),
        "state": f"{state['state']:032x}",
        "increment": f"{state['inc']:032x}",
        "raw": " ".join(f"{int(r):016x}" for r in rng.bit_generator.random_raw(6)),
    }


def digest(values):
    return hashlib.sha256(np.asarray(values, dtype="<f8").tobytes()).hexdigest()


def digests():
    n = DIGEST_SIZE
    rows = {"random": digest(generator(11).random(n)), "standardNormal": digest(generator(11).standard_normal(10 * n))}
    rows["normal"] = digest(generator(11).normal(-0.3, 0.02, n))
    for low, high in RANGES:
        rows[f"integers {low} {high}"] = digest(generator(11).integers(low, high, n))
    return rows


def one_draw(rng, dice):
    """A method of the port, its arguments and NumPy's result."""
    low = dice.choice([-1.5, 0.0, 3.25])
    bounds = [dice.choice([0, -5, 2]), dice.choice([3, 1000, 2**31 - 1, 2**32 + 2, 2**40, 2**53 - 5])]
    weights = PROBABILITIES
    return dice.choice(
        [
            lambda: ["random", [], rng.random()],
            lambda: ["uniform", [low, low + 0.7], rng.uniform(low, low + 0.7)],
            lambda: ["uniformInto", [[0, low], 7.1], rng.uniform([0, low], 7.1).tolist()],
            lambda: ["integers", bounds, int(rng.integers(*bounds))],
            lambda: ["integers", [0, 5], int(rng.integers(5))],
            lambda: ["integers", [4, 5], int(rng.integers(4, 5))],
            lambda: ["integersInto", [-2, 9], rng.integers(-2, 9, 3).tolist()],
            lambda: ["standardNormal", [], rng.standard_normal()],
            lambda: ["normal", [low, 2.5], rng.normal(low, 2.5)],
            lambda: ["normalInto", [[low, 1.0], [0.5, 0.0]], rng.normal([low, 1.0], [0.5, 0.0]).tolist()],
            lambda: ["choiceIndex", [6], int(rng.choice(6))],
            lambda: ["choice", [[2, 3, 5, 7, 11]], int(rng.choice([2, 3, 5, 7, 11]))],
            lambda: ["choiceP", [weights], int(rng.choice(len(weights), p=weights))],
        ]
    )()


def mixed():
    rng = generator(123)
    dice = random.Random(5)
    draws = [one_draw(rng, dice) for _ in range(400)]
    state = rng.bit_generator.state
    end = {"state": f"{state['state']['state']:032x}", "buffered": state["uinteger"] if state["has_uint32"] else None}
    return {"draws": draws, "end": end}


vectors = {
    "numpy": np.__version__,
    "streams": [stream(s, k) for s in SEEDS for k in SPAWN_KEYS],
    "digests": digests(),
    "mixed": mixed(),
}
OUT.write_text(json.dumps(vectors) + "\n")
