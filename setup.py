"""The packages to install: fitlab with every room in it, and the folders that are imported under another name."""

from setuptools import find_packages, setup

#: Import name -> folder.
BESIDE = {"fitlab_widgets": "widgets", "fitlab_weights": "weights", "fitlab_data": "notebooks/data"}

setup(packages=[*find_packages(include=["fitlab", "fitlab.*"]), *BESIDE], package_dir=BESIDE)
