"""A clip with what was found drawn on it: joints, the 3D skeleton, the running angle, the counter, the verdict."""
