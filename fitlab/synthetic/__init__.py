"""Synthetic people doing exercises, with exact labels.

World axes are metres (millimetres in labels), z up, the floor at 0; a person at rest faces -y and has the left at +x.

Where to start:
    generate   one seed to a labelled picture (`make_sample`, `synthesize`) or a clip (`make_clip`)
    pose_sets  thousands of poses a second without pictures (`sample_poses`), also over time (`sample_clip`)
    store      sets on disk, as `fitlab synthesize` writes them; `fitlab.datasets.synthetic` reads them
    sets       what each named set shows

How it works, from the inside out: `people` (shape, bones, skinning, and the rig that places a body), `exercises`
(posing, drawing and solving movements; one module for each family of them; `catalogue` names them all), `rendering`
(skin, clothes, hair, things, rooms, textures, camera and light), `labels`.
"""

from importlib.util import find_spec as _find_spec

from fitlab.extras import missing as _missing

for _package in ("numba", "scipy", "threadpoolctl"):
    if _find_spec(_package) is None:
        raise _missing("synthetic", f"synthetic people need {_package}, which is not installed")
