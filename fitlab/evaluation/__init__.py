"""How good detectors, lifters and intervals are on people they never saw. Every published number comes from here."""
