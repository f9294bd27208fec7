"""Pictures of people: clothes, things, rooms, light, camera, and the rasteriser."""
