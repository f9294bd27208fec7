"""The official EfficientPose weights: Keras HDF5 files, read as data.

No TensorFlow, and nothing in a file is executed: its description of the model, which holds compiled Python, is not
looked at. The names of the layers say where each tensor belongs.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import BinaryIO

import torch
from torch import Tensor

from fitlab.extras import missing
from fitlab.skeletons import MPII16

#: The order in which the official networks answer.
OFFICIAL_JOINTS = (
    *("head_top", "upper_neck", "right_shoulder", "right_elbow", "right_wrist", "thorax"),
    *("left_shoulder", "left_elbow", "left_wrist", "pelvis"),
    *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
)

# Heads that only training used, and the enlarging convolutions, whose bilinear weights are fixed.
_LEFT_OUT = ("pass1_skeleton_pafs", "pass2_detection1_confs", "upscaled_deconv1", "upscaled_deconv2", "upscaled_confs")

# Keras' name of a tensor -> ours, and the order of its axes: (height, width, in, out) becomes (out, in, height, width).
_KINDS = {
    "kernel": ("weight", (3, 2, 0, 1)),
    "depthwise_kernel": ("weight", (2, 3, 0, 1)),
    "bias": ("bias", (0,)),
    "gamma": ("weight", (0,)),
    "beta": ("bias", (0,)),
    "moving_mean": ("running_mean", (0,)),
    "moving_variance": ("running_var", (0,)),
}

# The official names of a bottleneck's layers: in the backbone, in the passes, in the backbone of Lite.
_BLOCK_PARTS = {
    "expand_conv": "expand.conv",
    "expand_bn": "expand.bn",
    "dwconv": "depthwise.conv",
    "bn": "depthwise.bn",
    "se_reduce": "squeeze.reduce",
    "se_expand": "squeeze.expand",
    "project_conv": "project.conv",
    "project_bn": "project.bn",
}
_PASS_PARTS = {
    "conv1": "expand.conv",
    "conv1_bn": "expand.bn",
    "dconv1": "depthwise.conv",
    "dconv1_bn": "depthwise.bn",
    "se_se_squeeze_conv": "squeeze.reduce",
    "se_se_excite_conv": "squeeze.expand",
    "conv2": "project.conv",
    "conv2_bn": "project.bn",
}
_LITE_PARTS = {
    "conv2d/Conv2D_0": "expand.conv",
    "tpu_batch_normalization/FusedBatchNormV3_0": "expand.bn",
    "depthwise_conv2d/depthwise_0": "depthwise.conv",
    "tpu_batch_normalization_1/FusedBatchNormV3_0": "depthwise.bn",
    "conv2d_1/Conv2D_0": "project.conv",
    "tpu_batch_normalization_2/FusedBatchNormV3_0": "project.bn",
}
_LITE_FIRST_PARTS = {  # the first block does not expand, and numbers its parts from there
    "depthwise_conv2d/depthwise_0": "depthwise.conv",
    "tpu_batch_normalization/FusedBatchNormV3_0": "depthwise.bn",
    "conv2d/Conv2D_0": "project.conv",
    "tpu_batch_normalization_1/FusedBatchNormV3_0": "project.bn",
}
_LITE_STEM_PARTS = {"conv2d/Conv2D_0": "conv", "tpu_batch_normalization/FusedBatchNormV3_0": "bn"}


def read_efficientpose(file: BinaryIO) -> dict[str, Tensor]:
    """The state dict for :class:`fitlab.models.efficientpose.EfficientPose`, the joints put into MPII's order.

    Parameters
    ----------
    file
        Official weights, HDF5.

    Returns
    -------
    dict
        Key -> Tensor.

    Raises
    ------
    ValueError
        For layers that EfficientPose does not have.
    OSError
        For what is not HDF5.
    """
    tensors = _tensors(file)
    paths = module_paths({layer for layer, _ in tensors if layer not in _LEFT_OUT})
    state = {}
    for (layer, kind), value in tensors.items():
        if layer in paths:
            name, axes = _KINDS[kind]
            state[f"{paths[layer]}.{name}"] = value.permute(axes).contiguous()
    order = [OFFICIAL_JOINTS.index(joint) for joint in MPII16.joints]
    for key in ("heatmap.weight", "heatmap.bias"):
        if key in state and len(state[key]) == len(order):
            state[key] = state[key][order]
    return state


def _tensors(file: BinaryIO) -> dict[tuple[str, str], Tensor]:
    """Everything in the file by layer and kind of tensor."""
    try:
        import h5py
    except ImportError:
        raise missing("official", "EfficientPose's official weights are HDF5, which h5py reads") from None
    datasets = {}

    def collect(path: str, node: h5py.Dataset | h5py.Group) -> None:
        if isinstance(node, h5py.Dataset):
            datasets[path.removeprefix("model_weights/").removesuffix(":0")] = node[()]

    with h5py.File(file, "r") as content:
        content.visititems(collect)  # follows neither soft nor external links: the file cannot point at others
    tensors = {}
    for path, value in datasets.items():
        layer, kind = _layer_and_kind(path)
        if kind not in _KINDS:
            raise ValueError(f"{path} is not a tensor of EfficientPose")
        if value.dtype.kind != "f" or value.ndim != len(_KINDS[kind][1]):
            raise ValueError(f"{path} should be {len(_KINDS[kind][1])}-dimensional, but is {value.dtype} {value.shape}")
        tensors[layer, kind] = torch.from_numpy(value)
    return tensors


def _layer_and_kind(path: str) -> tuple[str, str]:
    """Keras writes LAYER/NAME/kind, where NAME is nearly LAYER, or, in Lite, just LAYER, which contains slashes."""
    owner, _, kind = path.rpartition("/")
    half = owner[: len(owner) // 2]
    return (half if owner == f"{half}/{half}" else owner.split("/")[0]), kind


def module_paths(layers: Collection[str]) -> dict[str, str]:
    """For each official layer of one network its place in :class:`fitlab.models.efficientpose.EfficientPose`.

    ``block2b_dwconv_res1`` is ``high.blocks.2.depthwise.conv`` in a network that has block1a, block2a, block2b...
    """
    matches = [match for layer in layers if (match := re.fullmatch(r"(block\d[a-z])_\w+_res([12])", layer))]
    blocks = {resolution: sorted({match[1] for match in matches if match[2] == resolution}) for resolution in "12"}
    return {layer: _module_path(layer, blocks) for layer in layers}


def _module_path(layer: str, blocks: dict[str, list[str]]) -> str:
    backbones = {"1": "high", "2": "low"}
    try:
        if match := re.fullmatch(r"stem_(conv|bn)_res([12])", layer):
            return f"{backbones[match[2]]}.stem.{match[1]}"
        if match := re.fullmatch(r"(block\d[a-z])_(\w+)_res([12])", layer):
            return f"{backbones[match[3]]}.blocks.{blocks[match[3]].index(match[1])}.{_BLOCK_PARTS[match[2]]}"
        if match := re.fullmatch(r"pass(\d)_block(\d)_mbconv(\d)_(?:skeleton|detection[12])_(\w+)", layer):
            number, block, bottleneck = (int(match[group]) - 1 for group in (1, 2, 3))
            return f"passes.{number}.{block}.{bottleneck}.{_PASS_PARTS[match[4]]}"
        if match := re.fullmatch(r"efficientnet-lite\d/model/stem/(.+)", layer):
            return f"high.stem.{_LITE_STEM_PARTS[match[1]]}"
        if match := re.fullmatch(r"efficientnet-lite\d/model/blocks_(\d+)/(.+)", layer):
            parts = _LITE_FIRST_PARTS if match[1] == "0" else _LITE_PARTS
            return f"high.blocks.{match[1]}.{parts[match[2]]}"
        return {"pass3_detection2_confs": "heatmap"}[layer]
    except KeyError:
        raise ValueError(f"{layer} is not a layer of EfficientPose") from None
