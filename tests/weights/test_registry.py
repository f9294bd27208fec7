"""The registry, and what is refused before it is used."""

import hashlib
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from fitlab.weights import registry
from fitlab.weights.registry import WeightsError, load_into, parse_registry, read_tensors

LIFTER = """
[small]
kind = "lifter"
network = "martinez"
normalisation = "person"
skeleton = "LIFT16"
file = "small.safetensors"
trained_on = "nothing"
licence = "CC0"
"""


@pytest.fixture
def known(monkeypatch):
    """Replaces the registry by one that the test writes."""

    def replace(text: str) -> None:
        monkeypatch.setattr(registry, "entries", lambda: parse_registry(text))

    return replace


@pytest.fixture
def download(known, tmp_path, monkeypatch):
    """Weights ``small``, as a download that lies in the data folder: the path of the file."""
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path))
    file = tmp_path / "weights" / "small.safetensors"
    file.parent.mkdir()
    save_file({"weight": torch.ones(2, 3, dtype=torch.float16)}, file)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    known(f'{LIFTER}url = "http://localhost/small.safetensors"\nsha256 = "{sha256}"\n')
    return file


def test_every_entry_of_the_registry_is_complete():
    for name, entry in registry.entries().items():
        assert entry.licence, name
        assert entry.trained_on, name
        assert entry.url or len(entry.sha256) == 64, f"{name} is shipped: its hash must be known in full"
        assert not entry.shipped or registry.path(name).stat().st_size == entry.bytes


def test_the_public_weights_say_what_they_may_be_used_for():
    for name in ("hg1", "hg2", "hg8", "efficientpose-rt", "efficientpose-iv"):
        assert registry.entry(name).licence == "trained on MPII, research use"
    assert registry.entry("hg8").file == f"bearpaw_hg8-{registry.entry('hg8').sha256}.pth"


def test_an_estimated_size_says_so():
    assert registry.entry("efficientpose-rt").size == "2.5 MB"
    assert registry.entry("recogniser").size == "49 kB"
    assert registry.entry("hg1").size == "about 14 MB"


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(ValueError, match="unknown weights 'hg9'; did you mean hg"):
        registry.entry("hg9")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('network = "martines"', "small: unknown network 'martines'; did you mean martinez"),
        ('normalisation = "imagenet"', "small: unknown normalisation 'imagenet'; known: person, screen"),
        ('normalization = "person"', "small: .*unexpected keyword argument 'normalization'"),
        ('skeleton = "MPI16"', "small: unknown skeleton 'MPI16'; did you mean MPII16"),
    ],
)
def test_a_mistake_in_the_registry_is_named(line, complaint):
    key = line.split(" = ")[0]
    kept = [other for other in LIFTER.splitlines() if not other.startswith(key)]
    with pytest.raises(WeightsError, match=complaint):
        parse_registry("\n".join([*kept, line]))


def test_a_detector_must_say_how_it_is_fed_and_read():
    detector = LIFTER.replace("lifter", "detector").replace("person", "lite").replace("LIFT16", "MPII16")
    with pytest.raises(WeightsError, match="unknown heatmap ''; known: softmax, gaussian"):
        parse_registry(detector)
    with pytest.raises(WeightsError, match="needs input_size"):
        parse_registry(detector + 'heatmap = "softmax"')


def test_missing_weights_say_how_to_get_them(download):
    download.unlink()
    with pytest.raises(FileNotFoundError, match=r"fitlab weights get small .*CC0"):
        registry.path("small")
    assert not registry.is_here("small")


def test_the_data_folder_may_sort_files_by_network(download):
    moved = download.parent.with_name("martinez") / download.name
    moved.parent.mkdir()
    download.rename(moved)
    assert registry.path("small") == moved


def test_half_precision_is_promoted(download):
    state = registry.state_dict("small")
    assert state["weight"].dtype == torch.float32
    assert state["weight"].tolist() == [[1, 1, 1], [1, 1, 1]]


def test_a_changed_file_is_refused(download):
    content = bytearray(download.read_bytes())
    content[-1] ^= 1
    download.write_bytes(content)
    with pytest.raises(WeightsError, match=r"is not the published file of weights small: its SHA-256 starts with"):
        registry.state_dict("small")


def test_the_start_of_a_hash_is_enough_to_refuse(known):
    known(LIFTER + 'sha256_prefix = "ce125879"')
    known = registry.entry("small")
    registry.check_hash(known, "ce125879" + "0" * 56, Path("small.pth"))
    with pytest.raises(WeightsError, match="is not the published file of weights small"):
        registry.check_hash(known, "ce125870" + "0" * 56, Path("small.pth"))


def test_weights_may_be_published_in_several_files(known, tmp_path, monkeypatch):
    """MediaPipe's networks come alone and in bundles; each has a hash of its own."""
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path))
    also = hashlib.sha256(b"another").hexdigest()
    known(f'{LIFTER}url = "http://localhost/small"\nalso = {{ "other.safetensors" = "{also}" }}\n')
    entry = registry.entry("small")
    assert entry.expected("small.safetensors") == ""
    assert entry.expected("other.safetensors") == also
    assert entry.file_of(also) == "other.safetensors"
    assert entry.file_of("0" * 64) == "small.safetensors"
    (tmp_path / "martinez").mkdir()
    (tmp_path / "martinez" / "other.safetensors").write_bytes(b"another")
    assert registry.path("small").name == "other.safetensors"
    (tmp_path / "martinez" / "other.safetensors").write_bytes(b"changed")
    with pytest.raises(WeightsError, match="is not the published file of weights small"):
        registry.state_dict("small")


def test_fingerprint(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    sha256, size = registry.fingerprint(tmp_path / "abc")
    assert sha256.startswith("ba7816bf8f01cfea")  # the standard's own example
    assert size == 3


class Trap:
    """Unpickled without care, it would print."""

    def __reduce__(self):
        return print, ("code that was hidden in a file has run",)


def test_a_pickle_that_would_run_code_is_refused(tmp_path, capsys):
    torch.save({"weight": Trap()}, tmp_path / "trap.pth")
    (tmp_path / "trap.pt").write_bytes(pickle.dumps(Trap(), protocol=2))
    for file in (tmp_path / "trap.pth", tmp_path / "trap.pt"):
        with pytest.raises(WeightsError, match=f"{file.name} is refused: .* could run hidden code"):
            read_tensors(file.read_bytes(), file)
    assert capsys.readouterr().out == ""


def saved(file, kind):
    """A file of 1000 numbers; ``legacy`` is how PyTorch saved before 2020, and how the public hourglasses come."""
    tensors = {"weight": torch.arange(1000.0)}
    if kind == "safetensors":
        save_file(tensors, file)
    else:
        torch.save(tensors, file, _use_new_zipfile_serialization=kind == "zip")
    return file.read_bytes()


KINDS = [("new.pth", "zip"), ("old.pth", "legacy"), ("new.safetensors", "safetensors")]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_every_format_is_read(tmp_path, name, kind):
    content = saved(tmp_path / name, kind)
    assert read_tensors(content, name)["weight"].tolist() == list(range(1000))


@pytest.mark.parametrize(("name", "kind"), KINDS)
@pytest.mark.parametrize("kept", [0, 7, 30, 300, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path, name, kind, kept):
    content = saved(tmp_path / name, kind)
    with pytest.raises(WeightsError, match=f"{name} is .*damaged"):
        read_tensors(content[: kept if isinstance(kept, int) else int(kept * len(content))], name)


def test_a_checkpoint_that_is_not_a_state_dict_is_refused(tmp_path):
    file = tmp_path / "model.pth"
    torch.save({"epoch": 3, "model": {}}, file)
    with pytest.raises(WeightsError, match="nothing but tensors, but 'epoch' is something else"):
        read_tensors(file.read_bytes(), file)
    torch.save([torch.ones(1)], file)
    with pytest.raises(WeightsError, match="should hold a state dict, but holds a list"):
        read_tensors(file.read_bytes(), file)


def test_an_unknown_ending_is_refused():
    with pytest.raises(WeightsError, match=r"model.onnx has no ending .* known: .safetensors, .pth, .pt, .h5, .tfl"):
        read_tensors(b"", "model.onnx")


def test_shipped_weights_by_their_path_are_to_be_given_by_name():
    with pytest.raises(WeightsError, match=r"holds the registry's weights of a detector: give the name hg2-small"):
        registry.find(registry.path("hg2-small"), "detector")
    with pytest.raises(WeightsError, match=r"holds the registry's weights of a detector: give the name fitpose-lite0"):
        registry.find(registry.path("fitpose-lite0"), "lifter")


def test_load_into_names_the_first_mismatch():
    module = torch.nn.Linear(3, 2)
    good = {"weight": torch.ones(2, 3), "bias": torch.zeros(2)}
    before = module.weight.detach().clone()
    for state, complaint in [
        ({"bias": good["bias"]}, "the weights w do not fit Linear: weight is missing"),
        (good | {"bias": torch.zeros(5)}, r"bias is \(5,\), expected \(2,\)"),
        (good | {"scale": torch.ones(1)}, "it has no scale"),
    ]:
        with pytest.raises(WeightsError, match=complaint):
            load_into(module, state, "w")
    assert torch.equal(module.weight, before)
    load_into(module, good, "w")
    assert module.weight.tolist() == [[1, 1, 1], [1, 1, 1]]


def test_old_checkpoints_lack_the_counters_of_batch_norm():
    module = torch.nn.BatchNorm1d(2)
    state = {key: value for key, value in module.state_dict().items() if key != "num_batches_tracked"}
    load_into(module, state, "old")
