"""Many photos and clips: on this machine's cores or on a Dask cluster, whole results, and on from where it stopped."""
