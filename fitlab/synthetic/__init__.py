"""Synthetic people doing exercises, with exact labels: bodies, motion, clothes, rooms, cameras, pictures."""
