"""EfficientPose is layer for layer the official networks, and reads their weights and no others.

``data/efficientpose.json`` has for RT to IV the facts of the official networks: convolutions (name, in, out, kernel,
stride, groups, bias), batch norms (name, features), concatenations and additions (name, inputs); and for RT and I
outputs of the official weights.
"""

import io
import json
import operator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import fx

from fitlab.models import efficientpose as module
from fitlab.models.efficientpose import VARIANTS, efficientpose
from fitlab.models.keras import OFFICIAL_JOINTS, module_paths, read_efficientpose
from fitlab.skeletons import MPII16
from fitlab.weights import registry
from fitlab.weights.registry import WeightsError, load_into, read_tensors

FACTS = json.loads((Path(__file__).parents[1] / "data" / "efficientpose.json").read_text())
OFFICIAL = [MPII16.index(joint) for joint in OFFICIAL_JOINTS]


def paths(variant: str) -> dict[str, str]:
    return module_paths([row[0] for kind in ("convolutions", "batch_norms") for row in FACTS[variant][kind]])


@pytest.fixture(scope="module")
def networks():
    with torch.device("meta"):
        return {variant: efficientpose(variant) for variant in VARIANTS}


@pytest.mark.parametrize("variant", FACTS)
def test_every_convolution_and_batch_norm_is_the_official_one(networks, variant):
    network, where = networks[variant], paths(variant)
    for name, inputs, outputs, kernel, stride, groups, bias in FACTS[variant]["convolutions"]:
        conv = network.get_submodule(where[name])
        found = (
            conv.in_channels,
            conv.out_channels,
            *conv.kernel_size,
            *conv.stride,
            conv.groups,
            conv.bias is not None,
        )
        assert found == (inputs, outputs, kernel, kernel, stride, stride, groups, bias), name
    for name, features in FACTS[variant]["batch_norms"]:
        norm = network.get_submodule(where[name])
        assert (norm.num_features, norm.eps) == (features, 1e-3), name
    layers = [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d | torch.nn.BatchNorm2d)]
    assert len(layers) == len(set(where.values())) == len(where)


class Tracer(fx.Tracer):
    """Writes down how the bottlenecks are wired."""

    traced_func_name = "coarse"

    def is_leaf_module(self, layer, name):
        return isinstance(layer, module._Bottleneck | module._ConvNorm) or super().is_leaf_module(layer, name)


@pytest.mark.parametrize("variant", FACTS)
def test_what_is_concatenated_and_added_is_the_official_wiring(networks, variant):
    """Each join is written as the list of where its channels come from, so that nested concatenations are equal."""
    facts, where = FACTS[variant], paths(variant)
    concatenations, additions = dict(facts["concatenations"]), dict(facts["additions"])

    def official(name: str) -> list[str]:
        if name in concatenations:
            return [channels for part in concatenations[name] for channels in official(part)]
        if name in additions:
            return [" + ".join(str(official(part)) for part in additions[name])]
        return [where[name].removesuffix(".project.bn")]

    def ours(node: fx.Node) -> list[str]:
        if node.target is torch.cat:
            return [channels for part in node.args[0] for channels in ours(part)]
        if node.target is operator.add:
            return [" + ".join(str(ours(part)) for part in node.args)]
        return [node.target]

    def joins(kind: object) -> set[str]:
        return {str(ours(node)) for node in nodes if node.target is kind}

    nodes = Tracer().trace(networks[variant]).nodes
    assert joins(operator.add) == {str(official(name)) for name in additions}
    assert joins(torch.cat) == {str(official(name)) for name in concatenations}


def test_parameter_counts_are_the_published_ones(networks):
    """In millions, as published: with batch norm's statistics and the three fixed enlarging convolutions."""
    enlarging = 3 * (16 * 16 * 4 * 4 + 16)
    counts = {
        variant: sum(value.numel() for key, value in network.state_dict().items() if "batches_tracked" not in key)
        for variant, network in networks.items()
    }
    assert {variant: round((count + enlarging) / 1e6, 2) for variant, count in counts.items()} == {
        **{"rt": 0.46, "i": 0.72, "ii": 1.73, "iii": 3.23, "iv": 6.56},
        **{"rt-lite": 0.40, "i-lite": 0.59, "ii-lite": 1.46},
    }
    for variant in ("rt", "i"):
        trained = sum(parameter.numel() for parameter in networks[variant].parameters())
        assert trained == FACTS[variant]["golden"]["parameters"]


@pytest.mark.parametrize("variant", ["rt", "i"])
def test_golden_outputs_of_the_official_weights(variant):
    name = f"efficientpose-{variant}"
    if not registry.is_here(name):
        pytest.skip(f"needs {registry.entry(name).file}: fitlab weights get {name}, or set FITLAB_DATA")
    size, golden = VARIANTS[variant].input_size, FACTS[variant]["golden"]
    wave = 2 * np.sin(0.013 * np.arange(size * size * 3))  # over (row, column, channel)
    image = torch.from_numpy(wave).float().reshape(1, size, size, 3).permute(0, 3, 1, 2)
    with torch.inference_mode():
        heatmaps = registry.network(name)(image)[0, OFFICIAL]
    assert heatmaps.shape == (16, size, size)
    assert heatmaps.mean().item() == pytest.approx(golden["mean"], abs=1e-3)
    assert heatmaps.std().item() == pytest.approx(golden["std"], abs=1e-3)
    assert heatmaps.max().item() == pytest.approx(golden["max"], rel=1e-3)  # I: 9.96, where single precision loses 4e-3
    for place, value in golden["values"].items():
        assert heatmaps[tuple(map(int, place.split(",")))].item() == pytest.approx(value, abs=1e-3), place


@pytest.mark.parametrize("variant", ["rt-lite", "i-lite"])
def test_the_official_lite_weights_fit(variant):
    name = "efficientpose-rt-lite-mpii" if variant == "rt-lite" else f"efficientpose-{variant}"
    if not registry.is_here(name):
        pytest.skip(f"needs {registry.entry(name).file}: fitlab weights get {name}, or set FITLAB_DATA")
    load_into(efficientpose(variant), registry.state_dict(name), name)


def keras_file(variant: str, state: dict[str, torch.Tensor], change=lambda layers: None) -> bytes:
    """``state`` in the layout of the official files; ``change`` edits {dataset: array} before it is written."""
    h5py = pytest.importorskip("h5py")
    norm = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    datasets = {}
    for name, where in paths(variant).items():
        tensors = {key.removeprefix(f"{where}."): value for key, value in state.items() if key.startswith(f"{where}.")}
        tensors.pop("num_batches_tracked", None)
        for kind, value in tensors.items():
            if value.ndim == 4 and value.shape[1] == 1 and "conv" in where:
                kind, value = "depthwise_kernel", value.permute(2, 3, 0, 1)
            elif value.ndim == 4:
                kind, value = "kernel", value.permute(2, 3, 1, 0)
            elif "running_mean" in tensors:
                kind = norm[kind]
            value = value[..., OFFICIAL] if where == "heatmap" else value
            datasets[f"model_weights/{name}/{name}/{kind}:0"] = value.numpy()
    change(datasets)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for path, value in datasets.items():
            file[path] = value
    return buffer.getvalue()


@pytest.fixture(scope="module")
def state():
    torch.manual_seed(0)
    return efficientpose("rt").state_dict()


def test_keras_files_are_read_in_the_order_of_mpii(state):
    read = read_efficientpose(io.BytesIO(keras_file("rt", state)))
    load_into(efficientpose("rt"), read, "rt")
    for key, value in read.items():
        assert torch.equal(value, state[key]), key


def without(*names):
    return lambda datasets: [datasets.pop(path) for path in list(datasets) if any(name in path for name in names)]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (without("block2b_dwconv_res1"), "do not fit EfficientPose: high.blocks.2.depthwise.conv.weight is missing"),
        (without("confs"), "do not fit EfficientPose: heatmap.weight is missing"),
    ],
)
def test_a_file_with_missing_layers_is_refused(state, change, complaint):
    with pytest.raises(WeightsError, match=complaint):
        load_into(efficientpose("rt"), read_tensors(keras_file("rt", state, change), "rt.h5"), "rt")


def test_a_checkpoint_of_another_network_or_joint_count_is_refused(state):
    with pytest.raises(WeightsError, match=r"high.blocks.1.depthwise.conv.weight is \(96, 1, 3, 3\), expected \(16"):
        load_into(efficientpose("i"), state, "rt")
    with pytest.raises(WeightsError, match=r"heatmap.weight is \(16, 120, 1, 1\), expected \(14, 120, 1, 1\)"):
        load_into(efficientpose("rt", joints=14), state, "rt")


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("model_weights/dense_1/dense_1/kernel:0", np.zeros((1, 1, 2, 2)), "dense_1 is not a layer of EfficientPose"),
        ("stem_conv_res1/stem_conv_res1/code:0", np.zeros(1), "stem_conv_res1/code is not a tensor of EfficientPose"),
        ("stem_conv_res1/stem_conv_res1/kernel:0", np.zeros(3), "should be 4-dimensional, but is float64"),
        ("stem_conv_res1/stem_conv_res1/bias:0", np.array([b"text"]), "should be 1-dimensional, but is"),
    ],
)
def test_strange_content_is_refused_by_name(state, path, value, complaint):
    content = keras_file("rt", state, lambda datasets: datasets.update({path: value}))
    with pytest.raises(WeightsError, match=f"rt.h5 is damaged or not a Keras file of EfficientPose: .*{complaint}"):
        read_tensors(content, "rt.h5")


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_a_truncated_file_is_refused(state, kept):
    content = keras_file("rt", state)
    with pytest.raises(WeightsError, match=r"rt.h5 is damaged"):
        read_tensors(content[: kept if isinstance(kept, int) else int(kept * len(content))], "rt.h5")


def test_padding_is_tensorflows():
    """'same' with stride 2 puts the odd row and column last, so the kernel's centre sees pixels 1, 3, 5..."""
    conv = module._SameConv(1, 1, 3, 2, bias=False)
    torch.nn.init.dirac_(conv.weight)
    assert conv(torch.arange(6.0).repeat(6, 1)[None, None])[0, 0, 0].tolist() == [1, 3, 5]


def test_doubling_keeps_a_constant_and_fades_at_the_border():
    line = module._Doubled(1)(torch.ones(1, 1, 3, 3))[0, 0, 3]
    assert line.tolist() == [0.75, 1, 1, 1, 1, 0.75]


def test_fewer_doublings_give_smaller_heatmaps():
    image = torch.zeros(1, 3, 64, 64)
    for doublings, side in ((3, 64), (1, 16), (0, 8)):
        assert efficientpose("rt-lite", doublings=doublings).eval()(image).shape == (1, 16, side, side)


def test_what_cannot_be_halved_is_refused():
    with pytest.raises(ValueError, match=r"multiples of 8 px, got \(1, 3, 100, 100\)"):
        efficientpose("rt")(torch.zeros(1, 3, 100, 100))


def test_an_unknown_variant_gets_a_suggestion():
    with pytest.raises(ValueError, match="unknown EfficientPose 'rt_lite'; did you mean rt-lite"):
        efficientpose("rt_lite")
