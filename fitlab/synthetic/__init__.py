"""Synthetic people doing exercises, with exact labels.

World axes are metres (millimetres in labels), z up, the floor at 0; a person at rest faces -y and has the left at +x.

Where to start:
    generate   one seed to a labelled picture (`make_sample`, `synthesize`) or a clip (`make_clip`)
    poses      thousands of poses a second without pictures (`sample_poses`), also over time (`sample_clip`)
    store      sets on disk, as `fitlab synthesize` writes them; `fitlab.datasets.synthetic` reads them
    catalogue  which exercises there are and what each named set shows

How it works, from the inside out: `export` and `body` (shape, bones, skinning), `rig` and `figure` (placing a body),
`motion` (drawing and solving repetitions), `standing`, `lifts`, `drills`, `prone`, `supine`, `yoga`, `everyday` (the
exercises), `surface` and `wear` (skin, clothes, hair), `things`, `scene`, `textures` (what is around), `photography`
and `raster` (camera and light), `labels`.
"""
