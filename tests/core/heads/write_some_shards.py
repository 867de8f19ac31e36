"""A program that writes shards in a process of its own, so that it can be killed."""

import sys
from pathlib import Path

from hyperreenact_core.heads.shards import write_shards
from hyperreenact_core.heads.takes import Recipe

SETTINGS = {
    "people": 3,
    "clips_per_person": 1,
    "size": 32,
    "seed": 5,
    "first_person": 200,
    "people_per_shard": 1,
    "recipe": Recipe(frames=4, occluded=0.5),
}

if __name__ == "__main__":
    write_shards(Path(sys.argv[1]), **SETTINGS)
