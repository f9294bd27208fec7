PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := synthetic,train,official,fast,export,cluster,test
# What `make wheel-test` asks of an installed wheel.
LIBRARY_TESTS := test_skeletons.py test_poses.py test_angles.py test_cameras.py test_metrics.py test_analysis.py \
	lifting exercises/test_calibration.py exercises/test_clips.py weights
# In a container everybody is root, whom Jupyter refuses unless told.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
# What `make fuzz` draws its broken files by.
SEED ?= 1
# Uploads of large photos vanish silently at Jupyter's default message size.
LARGE := {'websocket_max_message_size':524288000}

.PHONY: lab app test wheel-test lint docs measure fuzz soak benchmark clean

lab: $(VENV)/installed
	$(BIN)/jupyter lab $(AS_ROOT) --ServerApp.tornado_settings="$(LARGE)" notebooks/00_quickstart.ipynb

# For this computer alone; `make app PHONE=1` also for phones in the local network.
app: $(VENV)/installed$(if $(PHONE),-for-phones)
	$(BIN)/python -m fitlab_widgets.app $(if $(PHONE),--phone) notebooks/02_app.ipynb

# `make coverage` has them run so that lines are counted.
PYTEST := pytest

test: $(VENV)/installed-for-tests lint
	$(BIN)/python -m $(PYTEST) tests
	$(BIN)/python -m pytest --nbval-lax --nbval-current-env --nbval-sanitize-with notebooks/nbval_sanitize.cfg notebooks

# The wheel as somebody else gets it: with its own dependencies and nothing else, used from another folder.
WHEEL := $(CURDIR)/build/wheel
ELSEWHERE := cd $(WHEEL) && FITLAB_DATA=$(WHEEL)/data venv/bin/python
wheel-test:
	rm -rf build
	$(PYTHON) -m venv $(WHEEL)/venv
	$(WHEEL)/venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir $(WHEEL) .
	$(WHEEL)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt $(WHEEL)/*.whl pytest
	$(ELSEWHERE) $(CURDIR)/tests/wheel_contents.py
	$(ELSEWHERE) -m fitlab analyze $(CURDIR)/notebooks/data/samples/squat.jpg --exercise squat
	$(ELSEWHERE) -m pytest $(addprefix $(CURDIR)/tests/,$(LIBRARY_TESTS))

lint: $(VENV)/installed-for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy

# The pages of docs/ and of every public docstring, in site/. Nothing is fetched, nor imported from fitlab.
docs: $(VENV)/installed-for-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Every published number anew, which takes hours on two cores. Data sets that are not here end it with a sentence.
measure: $(VENV)/installed-for-tests
	grep -v '^#' notebooks/results/commands.txt | while read -r words; do $(BIN)/fitlab evaluate $$words --save || exit 1; done

# All of `make test`, then the share of lines of each file that it ran.
coverage: PYTEST := coverage run -m pytest
coverage: test
	$(BIN)/python -m coverage report

# Every notebook executed anew, in place, without what differs from run to run.
notebooks: $(VENV)/installed-for-tests
	$(BIN)/python notebooks/execute.py

# 10,000 broken files for every reader, in minutes; `make test` tries a few hundred.
fuzz: $(VENV)/installed-for-tests
	$(BIN)/python tests/fuzzing.py --count 10000 --seed $(SEED)

# The app for so many minutes, with ten visitors at a time who upload, drag and leave; then it is killed and started again.
MINUTES ?= 10
soak: $(VENV)/installed-for-tests
	$(BIN)/python tests/soak.py --visitors 10 --minutes $(MINUTES)

benchmark: $(VENV)/installed-for-tests
	$(BIN)/python tests/benchmarks/photo_to_verdict.py
	$(BIN)/python tests/benchmarks/engines.py
	$(BIN)/python tests/benchmarks/widgets.py
	$(BIN)/python tests/benchmarks/clip_speed.py

$(VENV)/installed: pyproject.toml setup.py constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[fast]"
	touch $@

$(VENV)/installed-for-tests: pyproject.toml setup.py constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS)]"
	touch $@ $(VENV)/installed

$(VENV)/installed-for-phones: pyproject.toml setup.py constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[phone]"
	touch $@ $(VENV)/installed

$(VENV)/installed-for-docs: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	touch $@ $(VENV)/installed

clean:
	rm -rf $(VENV) build site *.egg-info
