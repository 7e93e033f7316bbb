"""Writes src/myoserve/_ids.py, the ids that gym.make knows before any connection.

    python scripts/generate_ids.py [--check] [--server-dir DIR]

`--check` fails where the file is out of date. Needs a built checkout and Node, but no server.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
TARGET = PACKAGE / "src" / "myoserve" / "_ids.py"
HEADER = '''"""Ids of this release, written by scripts/generate_ids.py; do not edit."""

from typing import Final

IDS: Final[tuple[str, ...]] = (
'''


def ids_of(server_dir: Path) -> list[str]:
    """What ``myoserve envs --json`` lists."""
    command = ["node", str(server_dir / "server" / "bin.mjs"), "envs", "--json"]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [entry["id"] for entry in json.loads(result.stdout)["envs"]]


def main() -> int:
    """Write or check the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument("--server-dir", type=Path, default=PACKAGE.parents[1], metavar="DIR")
    arguments = parser.parse_args()
    lines = [f'    "{env_id}",\n' for env_id in ids_of(arguments.server_dir)]
    text = HEADER + "".join(lines) + ")\n"
    if not arguments.check:
        TARGET.write_text(text, "utf-8")
    elif TARGET.read_text("utf-8") != text:
        print("src/myoserve/_ids.py is out of date; run scripts/generate_ids.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
