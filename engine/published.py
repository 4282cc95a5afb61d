"""Published weights of the three trunks, read as tensors: nothing that a file says is executed.

The names and layouts are those of the projects that publish the files. FaceNet: facenet-pytorch, and the Keras copies
of davidsandberg/facenet made by nyoki-mtl and faustomorales. C3D of Sports-1M: DavideA/c3d-pytorch, mmaction2,
jfzhang95/pytorch-video-recognition, and Keras with TensorFlow's layout (axon-research, aslucki). SoundNet-8:
eborboihuc/SoundNet-tensorflow and smallflyingpig/SoundNet_Pytorch, both made from the authors' Torch7 file.
"""

import hashlib
import math
import pickle
import re
import struct
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import h5py
import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import nn

from engine.errors import WeightsError
from engine.trunks.c3d import LAYERS, C3DTrunk
from engine.trunks.facenet import FaceNetTrunk
from engine.trunks.soundnet import SoundNetTrunk

Kind = Literal["facenet", "c3d", "soundnet"]
Normalisation = Literal["fixed", "prewhiten", "mean_bgr", "amplitude"]


@dataclass(frozen=True, slots=True)
class PublishedTrunk:
    """The weights of one trunk at width 1, under our names, with what has to be known to use them.

    Attributes:
        kind: which trunk.
        state: all that `load_state_dict` of that trunk wants: float32 on the CPU, owned by nobody else
            (and int64 zeros for the batches that batch-norms count).
        source_format: the layout and the container that were recognised, for people.
        normalisation: what the network was trained to see. FaceNet: `fixed` is (x - 127.5) / 128 and `prewhiten` is
            (x - mean) / max(std, 1 / sqrt(n)) of each picture, RGB. C3D: `mean_bgr`, BGR 0..255 minus the channel
            means of Sports-1M. SoundNet: `amplitude`, samples in [-256, 256].
        sha256: of the file, in hexadecimal.
        note: one or two sentences on the origin and on what was changed.
    """

    kind: Kind
    state: dict[str, torch.Tensor]
    source_format: str
    normalisation: Normalisation
    sha256: str
    note: str


def read_published(kind: Kind, path: str | Path) -> PublishedTrunk:
    """Read a published file of trunk weights; its format is found from its content, not from its name.

    Raises:
        WeightsError: the file cannot be opened, is in no format known, would have to be executed to be read, or holds
            another network; or a tensor is missing, of another shape, or not of finite numbers.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            container = _container(file.read(_HEAD_BYTES), path)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(path, f"it cannot be read ({error.strerror})") from error
    tensors = _READERS[container](path)
    found = _recognise(kind, tensors)
    if found is None:
        raise WeightsError(path, _unrecognised(kind, tensors))
    layout, prefix = found
    state = _translated(kind, layout, prefix, tensors, path)
    if kind == "soundnet":
        _check_statistics(state, path)
    normalisation, origin = layout.normalisation, ""
    if kind == "facenet":
        normalisation, origin = _facenet_origin(layout, tensors)
    note = " ".join(part for part in (layout.note, origin) if part)
    return PublishedTrunk(kind, state, f"{layout.name} ({container})", normalisation, sha256, note)


# Containers: a file to tensors by name


_Tensors = Mapping[str, torch.Tensor]
_HEAD_BYTES: Final = 64
_TORCH_LEGACY: Final = (0x1950A86A20F9469CFC6C).to_bytes(10, "little")
"""The number torch.save wrote as the first pickle of a file before it took to zip archives (torch 1.6)."""
_WRONG_PICKLE: Final = (
    EOFError, OSError, AttributeError, ImportError, LookupError, TypeError, ValueError, ArithmeticError, AssertionError,
    MemoryError, RuntimeError, struct.error,
)  # fmt: skip
"""What unpicklers raise on bytes that are no pickle or are cut short; they promise no smaller set."""
_LARGEST: Final = 512 * 512 * 3**3
"""Numbers in the largest tensor of a trunk, C3D's conv4b; dense layers have more, and are not wanted."""
_KERAS_1: Final = {"W": "kernel", "b": "bias"}
_EXECUTED: Final = "would have to be executed to be read"


def _container(head: bytes, path: Path) -> str:
    if head.startswith(b"PK\x03\x04") or _TORCH_LEGACY in head[:32]:
        return "torch"
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "HDF5"
    if head.startswith(b"\x93NUMPY"):
        return "numpy"
    if head[8:9] == b"{":  # after eight bytes of length, safetensors has a header in JSON
        return "safetensors"
    if head.startswith(b"\x80"):
        raise WeightsError(path, f"it is a plain Python pickle, which {_EXECUTED}")
    raise WeightsError(path, "it is no file of weights in a format known: torch, HDF5, numpy or safetensors")


def _read_torch(path: Path) -> _Tensors:
    try:
        with path.open("rb") as file:  # given a path, torch.load would go by its suffix
            content = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(path, f"it holds more than tensors, and {_EXECUTED}") from error
    except _WRONG_PICKLE as error:
        raise WeightsError(path, "it is damaged, or no archive of tensors made by torch.save") from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping):
        raise WeightsError(path, "it holds no tensors by name")
    return {str(name): value for name, value in content.items() if isinstance(value, torch.Tensor)}


def _read_safetensors(path: Path) -> _Tensors:
    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise WeightsError(path, "it is damaged, or no safetensors file") from error


def _read_hdf5(path: Path) -> _Tensors:
    """What Keras saved, by `layer/weight`: of a model or of its weights alone, however deep its groups are."""
    tensors: dict[str, torch.Tensor] = {}

    def collect(name: str, node: object) -> None:
        if isinstance(node, h5py.Dataset) and node.dtype.kind == "f" and node.size <= _LARGEST:
            tensors[_keras_key(name)] = torch.from_numpy(np.asarray(node, dtype=np.float32))

    try:
        with h5py.File(path, "r") as file:
            file.get("model_weights", file).visititems(collect)
    except (OSError, RuntimeError, LookupError, ValueError, TypeError) as error:
        raise WeightsError(path, "it is damaged HDF5") from error
    return tensors


def _keras_key(name: str) -> str:
    """`model/conv1/kernel:0`, or `conv1/conv1_W:0` as Keras 1 named it, to `conv1/kernel`."""
    groups, _, weight = name.rpartition("/")
    layer = groups.rpartition("/")[2]
    weight = weight.partition(":")[0].removeprefix(f"{layer}_")
    return f"{layer}/{_KERAS_1.get(weight, weight)}"


def _read_numpy(path: Path) -> _Tensors:
    """A dictionary of dictionaries of arrays saved by numpy, which is a pickle behind a header; by `outer/inner`."""
    try:
        with path.open("rb") as file:
            _skip_numpy_header(file)
            content = _ArraysUnpickler(file, encoding="latin1").load()
        if isinstance(content, _PickledArray):  # numpy wraps the dictionary in an array without dimensions
            content = content.only_item()
        return {
            f"{outer}/{inner}": torch.from_numpy(array.numbers())
            for outer, group in content.items()
            for inner, array in group.items()
        }
    except _Refusal as error:
        raise WeightsError(path, str(error)) from error
    except (pickle.UnpicklingError, *_WRONG_PICKLE) as error:
        raise WeightsError(path, "it is damaged, or no dictionary of arrays by layer") from error


_READERS: Final[Mapping[str, Callable[[Path], _Tensors]]] = {
    "torch": _read_torch,
    "HDF5": _read_hdf5,
    "numpy": _read_numpy,
    "safetensors": _read_safetensors,
}


# Pickled numpy arrays, without numpy's own unpickling, which trusts what the pickle says of an array's memory


class _Refusal(pickle.UnpicklingError):
    """The content is refused; the message is the clause that says why."""


def _skip_numpy_header(file: BinaryIO) -> None:
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    if read_header(file)[2] != np.dtype(object):
        raise _Refusal("it is a single array, no dictionary of arrays by layer")


class _PickledType:
    """Stands for a `numpy.dtype` in a pickle, to which its byte order comes as state."""

    def __init__(self, code: str, *_: object) -> None:
        self.code = code
        self.order = "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]

    def of_numbers(self) -> np.dtype[Any]:
        """Floating point only: whatever else an array's type can be has no business in a file of weights."""
        if self.code not in ("f2", "f4", "f8") or self.order not in ("=", "<", ">"):
            raise _Refusal("it holds an array of something other than floating-point numbers")
        return np.dtype(self.order + self.code)


class _PickledArray:
    """Stands for a `numpy.ndarray` in a pickle, to which shape, type and content come as state."""

    def __init__(self, *_: object) -> None:
        self.content: list[Any] | NDArray[Any] = []

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, by_columns, content = state
        if isinstance(content, list):  # an array of objects
            self.content = content
            return
        if isinstance(content, str):  # Python 2 knew no bytes
            content = content.encode("latin1")
        numbers = np.frombuffer(content, kind.of_numbers())
        self.content = numbers.reshape(shape, order="F" if by_columns else "C")

    def only_item(self) -> Any:
        (item,) = self.content
        return item

    def numbers(self) -> NDArray[np.float32]:
        """A copy that owns its memory, in native byte order."""
        if isinstance(self.content, list):
            raise _Refusal("it holds an array of something other than floating-point numbers")
        return np.array(self.content, dtype=np.float32, order="C")


def _pickled_scalar(kind: _PickledType, content: bytes | str) -> _PickledArray:
    scalar = _PickledArray()
    scalar.__setstate__((1, (), kind, False, content))
    return scalar


def _latin1_bytes(text: str, encoding: str) -> bytes:
    """`_codecs.encode` as Python 3 wrote bytes for Python 2, and in no other use."""
    if encoding != "latin1":
        raise _Refusal(f"it asks for the codec {encoding}, and {_EXECUTED}")
    return text.encode("latin1")


class _ArraysUnpickler(pickle.Unpickler):
    """Admits numpy's arrays, types and scalars, as the stand-ins above, and refuses every other name."""

    ADMITTED: Final[Mapping[tuple[str, str], object]] = {
        ("numpy", "dtype"): _PickledType,
        ("numpy", "ndarray"): _PickledArray,
        ("numpy.core.multiarray", "_reconstruct"): _PickledArray,  # numpy 1
        ("numpy._core.multiarray", "_reconstruct"): _PickledArray,  # numpy 2
        ("numpy.core.multiarray", "scalar"): _pickled_scalar,
        ("numpy._core.multiarray", "scalar"): _pickled_scalar,
        ("_codecs", "encode"): _latin1_bytes,
    }

    def find_class(self, module: str, name: str, /) -> Any:
        if (module, name) not in self.ADMITTED:
            raise _Refusal(f"it names {module}.{name}, and {_EXECUTED}")
        return self.ADMITTED[module, name]

    def persistent_load(self, pid: object) -> Any:
        raise _Refusal("it refers to objects outside the file")


# Layouts: our names to theirs


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a project names and lays out the tensors of a trunk.

    Attributes:
        name: for people.
        key: our name of a tensor to theirs.
        normalisation: see :class:`PublishedTrunk`.
        note: likewise.
        axes: where the axes of a kernel are, for kernels of as many axes: ours[i] is theirs[axes[i]].
        unit_gamma: batch-norms have no factor (Keras with `scale=False`): it is one.
        rgb: the first convolution sees RGB where ours sees BGR, and is turned round.
        mark: a tensor that only files of this layout have.
    """

    name: str
    key: Callable[[str], str]
    normalisation: Normalisation
    note: str = ""
    axes: tuple[int, ...] = ()
    unit_gamma: bool = False
    rgb: bool = False
    mark: str = ""


_FACENET_NAME: Final = re.compile(
    r"(?P<block>conv2d_\w\w|repeat_\d\.\d|mixed_\wa|block8)\."
    r"(?:branch(?P<branch>\d)\.(?:(?P<step>\d)\.)?)?(?P<part>conv2d|conv|bn)\.(?P<leaf>\w+)"
)
_KERAS_STEM: Final = {
    "conv2d_1a": "Conv2d_1a_3x3", "conv2d_2a": "Conv2d_2a_3x3", "conv2d_2b": "Conv2d_2b_3x3",
    "conv2d_3b": "Conv2d_3b_1x1", "conv2d_4a": "Conv2d_4a_3x3", "conv2d_4b": "Conv2d_4b_3x3",
}  # fmt: skip
_KERAS_REPEATS: Final = {"repeat_1": "Block35", "repeat_2": "Block17", "repeat_3": "Block8"}
_KERAS_STEPS: Final = {
    "Block35": (("1x1",), ("0a_1x1", "0b_3x3"), ("0a_1x1", "0b_3x3", "0c_3x3")),
    "Block17": (("1x1",), ("0a_1x1", "0b_1x7", "0c_7x1")),
    "Block8": (("1x1",), ("0a_1x1", "0b_1x3", "0c_3x1")),
    "Mixed_6a": (("1a_3x3",), ("0a_1x1", "0b_3x3", "1a_3x3")),
    "Mixed_7a": (("0a_1x1", "1a_3x3"), ("0a_1x1", "1a_3x3"), ("0a_1x1", "0b_3x3", "1a_3x3")),
}
"""The convolutions of each branch of each block, by Google's names; the kernel is height x width."""
_KERAS_LEAVES: Final = {
    "weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance",
}  # fmt: skip


def _keras_facenet_block(block: str) -> tuple[str, str]:
    """`repeat_1.0` to `Block35_1` and its type `Block35`, and so on."""
    if block == "block8":
        return "Block8_6", "Block8"
    if block.startswith("mixed"):
        return block.capitalize(), block.capitalize()
    repeat, _, index = block.partition(".")
    return f"{_KERAS_REPEATS[repeat]}_{int(index) + 1}", _KERAS_REPEATS[repeat]


def _keras_facenet_key(name: str) -> str:
    match = _FACENET_NAME.fullmatch(name)
    assert match is not None, name
    block, branch, step, part, leaf = match.group("block", "branch", "step", "part", "leaf")
    if block in _KERAS_STEM:
        layer = _KERAS_STEM[block]
    else:
        layer, family = _keras_facenet_block(block)
        if part == "conv2d":  # the projection back to the block's channels
            layer += "_Conv2d_1x1"
        else:
            layer += f"_Branch_{branch}_Conv2d_{_KERAS_STEPS[family][int(branch)][int(step or 0)]}"
    if part == "bn":
        return f"{layer}_BatchNorm/{_KERAS_LEAVES[leaf]}"
    return f"{layer}/{'kernel' if leaf == 'weight' else leaf}"


def _own_key(name: str) -> str:
    return name


def _c3d_layer(name: str) -> tuple[str, str]:
    """`conv1a.conv.weight` to `conv1` and `weight`: where only one convolution is between two poolings, no letter."""
    layer, _, leaf = name.split(".")
    return (layer[:-1] if layer in ("conv1a", "conv2a") else layer), leaf


def _plain_c3d_key(name: str) -> str:
    return ".".join(_c3d_layer(name))


def _keras_c3d_key(name: str) -> str:
    layer, leaf = _c3d_layer(name)
    return f"{layer}/{'kernel' if leaf == 'weight' else leaf}"


_C3D_FEATURES: Final = dict(zip((name for name, _ in LAYERS), (0, 3, 6, 8, 11, 13, 16, 18), strict=True))
"""Where the convolutions are in a `Sequential` of convolutions, ReLUs and poolings."""


def _numbered_c3d_key(name: str) -> str:
    layer, _, leaf = name.split(".")
    return f"features.{_C3D_FEATURES[layer]}.{leaf}"


_SOUNDNET_ARRAYS: Final = {
    "conv.weight": "weights", "conv.bias": "biases", "bn.weight": "gamma", "bn.bias": "beta",
    "bn.running_mean": "mean", "bn.running_var": "var",
}  # fmt: skip


def _numpy_soundnet_key(name: str) -> str:
    layer, _, rest = name.partition(".")
    return f"{layer}/{_SOUNDNET_ARRAYS[rest]}"


def _numbered_soundnet_key(name: str) -> str:
    return name.replace(".conv.", ".0.").replace(".bn.", ".1.")


_CAFFE: Final = "Sports-1M weights that go back to the authors' Caffe model, whose pictures are BGR."
_TORCH7: Final = "SoundNet-8 of the authors' Torch7 file."

_LAYOUTS: Final[Mapping[Kind, tuple[_Layout, ...]]] = {
    "facenet": (
        _Layout("facenet-pytorch", _own_key, "fixed"),
        _Layout("Keras FaceNet", _keras_facenet_key, "prewhiten", axes=(3, 2, 0, 1), unit_gamma=True),
    ),
    "c3d": (
        _Layout(
            "mmaction2 C3D recogniser", _own_key, "mean_bgr", rgb=True, mark="cls_head.fc_cls.weight",
            note="Trained on from Sports-1M by mmaction2, which feeds RGB: the first convolution was turned to BGR. "
            "mmaction2 subtracts other means (R 104, G 117, B 128).",
        ),
        _Layout(
            "mmaction2 C3D", _own_key, "mean_bgr",
            note=f"{_CAFFE} The first convolution was taken as it is, although mmaction2 feeds RGB to it: "
            "compare it with that of c3d.pickle where both are at hand.",
        ),
        _Layout("c3d-pytorch", _plain_c3d_key, "mean_bgr", _CAFFE),
        _Layout("C3D features.N", _numbered_c3d_key, "mean_bgr", _CAFFE),
        _Layout("Keras C3D", _keras_c3d_key, "mean_bgr", _CAFFE, axes=(4, 3, 0, 1, 2)),
    ),
    "soundnet": (
        _Layout("SoundNet", _own_key, "amplitude"),
        _Layout("SoundNet-tensorflow", _numpy_soundnet_key, "amplitude", _TORCH7, axes=(3, 2, 0, 1)),
        _Layout("SoundNet_Pytorch", _numbered_soundnet_key, "amplitude", _TORCH7),
    ),
}  # fmt: skip
_PREFIXES: Final = ("", "module.", "backbone.", "module.backbone.")
_TRUNKS: Final[Mapping[Kind, Callable[[], nn.Module]]] = {
    "facenet": FaceNetTrunk,
    "c3d": C3DTrunk,
    "soundnet": SoundNetTrunk,
}


def _shapes(kind: Kind) -> dict[str, torch.Size]:
    with torch.device("meta"):
        trunk = _TRUNKS[kind]()
    return {name: tensor.shape for name, tensor in trunk.state_dict().items()}


def _counts_batches(name: str) -> bool:
    """Of no use after training, and absent from files older than torch 0.4.1."""
    return name.endswith("num_batches_tracked")


def _recognise(kind: Kind, given: Collection[str]) -> tuple[_Layout, str] | None:
    """The layout, and the prefix of all names, that most of the given names fit; None where hardly any fit one."""
    names = [name for name in _shapes(kind) if not _counts_batches(name)]

    def fitting(candidate: tuple[_Layout, str]) -> int:
        layout, prefix = candidate
        return sum(prefix + layout.key(name) in given for name in names)

    layouts = (layout for layout in _LAYOUTS[kind] if not layout.mark or layout.mark in given)
    best = max(((layout, prefix) for layout in layouts for prefix in _PREFIXES), key=fitting)
    return best if 4 * fitting(best) >= len(names) else None


def _unrecognised(kind: Kind, given: Collection[str]) -> str:
    if not given:
        return "it holds no tensors"
    for other in _LAYOUTS:
        found = _recognise(other, given)
        if found is not None:
            return f"it holds weights for {other} ({found[0].name}), not for {kind}"
    known = ", ".join(dict.fromkeys(layout.name for layout in _LAYOUTS[kind]))
    some = ", ".join(sorted(given)[:3])
    return f"its tensors ({some}, ...) fit no layout of {kind} weights that is known: {known}"


def _translated(kind: Kind, layout: _Layout, prefix: str, tensors: _Tensors, path: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = {}
    for name, shape in _shapes(kind).items():
        if _counts_batches(name):
            state[name] = torch.zeros(shape, dtype=torch.int64)
            continue
        theirs = prefix + layout.key(name)
        if theirs in tensors:
            arranged = _arranged(tensors[theirs], layout.axes, shape)
            reason = _fault(arranged, shape)
            if reason:
                raise WeightsError(path, f"{theirs} of its {layout.name} weights {reason}")
            state[name] = arranged.detach().to(torch.float32, copy=True).contiguous()
        elif layout.unit_gamma and theirs.endswith("/gamma"):
            state[name] = torch.ones(shape)
        else:
            raise WeightsError(path, f"{theirs} is missing from its {layout.name} weights")
    if layout.rgb:
        first = f"{LAYERS[0][0]}.conv.weight"
        state[first] = state[first].flip(1).contiguous()
    return state


def _arranged(tensor: torch.Tensor, axes: tuple[int, ...], shape: torch.Size) -> torch.Tensor:
    """With its axes in our order; a convolution over sound written as one over pictures of width 1 loses that axis."""
    if axes and tensor.dim() == len(axes):
        tensor = tensor.permute(axes)
    if tensor.dim() == len(shape) + 1 and tensor.shape[-1] == 1:
        tensor = tensor.squeeze(-1)
    return tensor


def _fault(tensor: torch.Tensor, shape: torch.Size) -> str:
    """What is wrong with a tensor, or nothing."""
    if tensor.shape != shape:
        have, want = ("x".join(map(str, sizes)) or "one number" for sizes in (tensor.shape, shape))
        return f"is of shape {have}, where the trunk wants {want}"
    if tensor.layout is not torch.strided or tensor.is_meta or not tensor.is_floating_point():
        return "is not of plain floating-point numbers"
    if not bool(torch.isfinite(tensor).all()):
        return "is not all finite"
    return ""


def _check_statistics(state: _Tensors, path: Path) -> None:
    """A known copy of SoundNet has its convolutions only: its batch-norms are as torch makes them, mean 0, variance 1.

    Raises:
        WeightsError: a layer's statistics are such, or a variance is negative.
    """
    for name, variance in state.items():
        if not name.endswith("running_var"):
            continue
        mean = state[name.replace("running_var", "running_mean")]
        layer = name.removesuffix(".running_var")
        if bool((mean == 0).all()) and bool(((variance == 1) | (variance == 0)).all()):
            raise WeightsError(path, f"the batch-norm statistics of {layer} were never set: it is an incomplete copy")
        if bool((variance < 0).any()):
            raise WeightsError(path, f"a batch-norm variance of {layer} is negative")


_FACENET_PEOPLE: Final = {8631: "VGGFace2", 10575: "CASIA-WebFace"}
"""How many people each data set has: the size of the classifier that was trained with the trunk."""


def _facenet_origin(layout: _Layout, tensors: _Tensors) -> tuple[Normalisation, str]:
    """How the pictures were normalised in training, and a sentence on it.

    facenet-pytorch's two files, and the Keras copies of the same TensorFlow models of 2018, were trained with fixed
    normalisation and have 512 features. The TensorFlow models of 2017, of which `facenet_keras.h5` (MS-Celeb-1M) is
    a copy, were trained with prewhitening and have 128.
    """
    if layout.unit_gamma:
        beta = tensors.get("Bottleneck_BatchNorm/beta")
        if beta is not None and math.prod(beta.shape) == 512:
            return "fixed", "A TensorFlow model of 2018 (512 features), trained with fixed normalisation."
        return layout.normalisation, "A TensorFlow model of 2017 (128 features), trained with prewhitening."
    logits = tensors.get("logits.bias")
    people = _FACENET_PEOPLE.get(math.prod(logits.shape)) if logits is not None else None
    return layout.normalisation, f"Trained on {people}." if people else ""
