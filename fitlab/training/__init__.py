"""Training: the loop, and what detectors and lifters are trained on, with which settings, and how well."""
