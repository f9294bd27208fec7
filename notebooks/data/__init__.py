"""The shipped test sets and samples; installed as the package ``fitlab_data``."""
