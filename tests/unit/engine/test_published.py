"""Published weights come in under every name they are published by, and nothing else comes in."""

import hashlib
import io
import os
import pickle
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from engine import published
from engine.errors import WeightsError
from engine.faces.torchvision_compat import import_facenet_pytorch
from engine.published import read_published
from engine.trunks.c3d import C3DTrunk
from engine.trunks.facenet import FaceNetTrunk
from engine.trunks.soundnet import SoundNetTrunk

State = dict[str, torch.Tensor]
C3D_LAYERS = ("conv1a", "conv2a", "conv3a", "conv3b", "conv4a", "conv4b", "conv5a", "conv5b")


def unsettled(module: nn.Module, unit_gamma: bool = False) -> nn.Module:
    """With batch-norms as after some training."""
    generator = torch.Generator().manual_seed(5)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.running_var.copy_(0.5 + torch.rand(part.num_features, generator=generator))
            part.weight.data.copy_(torch.ones(1) if unit_gamma else part.running_var.flip(0))
            part.running_mean.copy_(0.2 * torch.randn(part.num_features, generator=generator))
            part.bias.data.copy_(0.2 * torch.randn(part.num_features, generator=generator))
    return module.eval()


def floats(state: State) -> State:
    return {name: tensor for name, tensor in state.items() if tensor.is_floating_point()}


def assert_same(state: State, expected: State) -> None:
    assert floats(state).keys() == floats(expected).keys()
    for name, tensor in floats(state).items():
        assert torch.equal(tensor, expected[name]), name
        assert tensor.dtype == torch.float32
        assert tensor.is_contiguous()


def reason(kind: Any, path: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        read_published(kind, path)
    assert caught.value.path == path
    return caught.value.reason


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trunks an eighth as wide: the same names in a thousandth of the bytes."""
    monkeypatch.setitem(published._TRUNKS, "facenet", lambda: FaceNetTrunk(0.125))
    monkeypatch.setitem(published._TRUNKS, "c3d", lambda: C3DTrunk(0.125))


@pytest.fixture
def c3d_state(narrow: None) -> State:
    torch.manual_seed(6)
    return C3DTrunk(0.125).state_dict()


@pytest.fixture
def soundnet_state() -> State:
    torch.manual_seed(7)
    return unsettled(SoundNetTrunk()).state_dict()


def small_facenet_state(unit_gamma: bool = False) -> State:
    torch.manual_seed(8)
    return unsettled(FaceNetTrunk(0.125), unit_gamma).state_dict()


# FaceNet


def keras_facenet_layers() -> Iterator[tuple[str, str]]:
    """Keras's layer names and facenet-pytorch's modules, written out block by block."""
    for name in ("1a_3x3", "2a_3x3", "2b_3x3", "3b_1x1", "4a_3x3", "4b_3x3"):
        yield f"Conv2d_{name}", f"conv2d_{name[:2]}"
    factorised = {"Block17": ("0b_1x7", "0c_7x1"), "Block8": ("0b_1x3", "0c_3x1")}
    for index in range(5):
        for name, module in (
            ("Branch_0_Conv2d_1x1", "branch0"),
            ("Branch_1_Conv2d_0a_1x1", "branch1.0"),
            ("Branch_1_Conv2d_0b_3x3", "branch1.1"),
            ("Branch_2_Conv2d_0a_1x1", "branch2.0"),
            ("Branch_2_Conv2d_0b_3x3", "branch2.1"),
            ("Branch_2_Conv2d_0c_3x3", "branch2.2"),
            ("Conv2d_1x1", "conv2d"),
        ):
            yield f"Block35_{index + 1}_{name}", f"repeat_1.{index}.{module}"
    modules = [("Block17", i + 1, f"repeat_2.{i}") for i in range(10)]
    modules += [("Block8", i + 1, f"repeat_3.{i}") for i in range(5)] + [("Block8", 6, "block8")]
    for block, number, module in modules:
        second, third = factorised[block]
        yield f"{block}_{number}_Branch_0_Conv2d_1x1", f"{module}.branch0"
        yield f"{block}_{number}_Branch_1_Conv2d_0a_1x1", f"{module}.branch1.0"
        yield f"{block}_{number}_Branch_1_Conv2d_{second}", f"{module}.branch1.1"
        yield f"{block}_{number}_Branch_1_Conv2d_{third}", f"{module}.branch1.2"
        yield f"{block}_{number}_Conv2d_1x1", f"{module}.conv2d"
    yield "Mixed_6a_Branch_0_Conv2d_1a_3x3", "mixed_6a.branch0"
    yield "Mixed_6a_Branch_1_Conv2d_0a_1x1", "mixed_6a.branch1.0"
    yield "Mixed_6a_Branch_1_Conv2d_0b_3x3", "mixed_6a.branch1.1"
    yield "Mixed_6a_Branch_1_Conv2d_1a_3x3", "mixed_6a.branch1.2"
    for branch in (0, 1):
        yield f"Mixed_7a_Branch_{branch}_Conv2d_0a_1x1", f"mixed_7a.branch{branch}.0"
        yield f"Mixed_7a_Branch_{branch}_Conv2d_1a_3x3", f"mixed_7a.branch{branch}.1"
    yield "Mixed_7a_Branch_2_Conv2d_0a_1x1", "mixed_7a.branch2.0"
    yield "Mixed_7a_Branch_2_Conv2d_0b_3x3", "mixed_7a.branch2.1"
    yield "Mixed_7a_Branch_2_Conv2d_1a_3x3", "mixed_7a.branch2.2"


def write_keras_layer(root: h5py.Group, layer: str, weights: dict[str, np.ndarray]) -> None:
    group = root.create_group(layer)
    group.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in weights]
    for name, values in weights.items():
        group.create_dataset(f"{layer}/{name}:0", data=values)


def write_keras_facenet(path: Path, state: State, whole_model: bool = True, features: int = 128) -> None:
    """As `model.save` (or `save_weights`) of a network whose batch-norms have no gamma."""
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if whole_model else file
        for layer, module in keras_facenet_layers():
            if module.endswith(".conv2d"):
                kernel, bias = state[f"{module}.weight"], state[f"{module}.bias"]
                write_keras_layer(root, layer, {"kernel": kernel.permute(2, 3, 1, 0).numpy(), "bias": bias.numpy()})
                root.create_group(f"{layer}_ScaleSum")  # a Lambda: its 0.17, 0.10 or 0.20 is in the code alone
                continue
            write_keras_layer(root, layer, {"kernel": state[f"{module}.conv.weight"].permute(2, 3, 1, 0).numpy()})
            write_keras_layer(
                root,
                f"{layer}_BatchNorm",
                {
                    "beta": state[f"{module}.bn.bias"].numpy(),
                    "moving_mean": state[f"{module}.bn.running_mean"].numpy(),
                    "moving_variance": state[f"{module}.bn.running_var"].numpy(),
                },
            )
        wide = np.zeros((1792, features), np.float32)
        write_keras_layer(root, "Bottleneck", {"kernel": wide})
        write_keras_layer(root, "Bottleneck_BatchNorm", {"beta": wide[0]})


@torch.inference_mode()
@pytest.mark.parametrize("source", ["facenet-pytorch", "Keras"])
def test_facenet_agrees_with_facenet_pytorch(source: str, tmp_path: Path) -> None:
    torch.manual_seed(9)
    theirs = unsettled(import_facenet_pytorch().InceptionResnetV1(pretrained=None), unit_gamma=source == "Keras")
    seen: list[torch.Tensor] = []
    theirs.block8.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    path = tmp_path / "weights"
    if source == "Keras":
        write_keras_facenet(path, theirs.state_dict())
    else:
        torch.save(theirs.state_dict(), path)
    trunk = FaceNetTrunk().eval()
    trunk.load_state_dict(read_published("facenet", path).state)
    path.unlink()
    pictures = torch.randn(1, 3, 96, 96)
    theirs(pictures)
    torch.testing.assert_close(trunk(pictures), seen[0], rtol=0, atol=1e-5 * float(seen[0].abs().max()))


@pytest.mark.parametrize(("people", "name"), [(8631, "VGGFace2"), (10_575, "CASIA-WebFace")])
def test_facenet_pytorch_files(people: int, name: str, narrow: None, tmp_path: Path) -> None:
    state = small_facenet_state()
    extra = {
        "last_linear.weight": torch.ones(512, 4), "last_bn.running_mean": torch.ones(512),
        "logits.weight": torch.ones(people, 4), "logits.bias": torch.ones(people),
    }  # fmt: skip
    path = tmp_path / "20180402-114759-vggface2.pt"
    torch.save({**state, **extra}, path)
    read = read_published("facenet", path)
    assert_same(read.state, state)
    FaceNetTrunk(0.125).load_state_dict(read.state, strict=True)
    assert (read.kind, read.normalisation, read.source_format) == ("facenet", "fixed", "facenet-pytorch (torch)")
    assert name in read.note
    assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_state_shares_no_memory(narrow: None, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(small_facenet_state(), path)
    safetensors.torch.save_file(read_published("facenet", path).state, tmp_path / "x.safetensors")  # refuses shared


@pytest.mark.parametrize("whole_model", [True, False])
@pytest.mark.parametrize(("features", "normalisation"), [(128, "prewhiten"), (512, "fixed")])
def test_keras_facenet(whole_model: bool, features: int, normalisation: str, narrow: None, tmp_path: Path) -> None:
    state = small_facenet_state(unit_gamma=True)
    path = tmp_path / "facenet_keras.h5"
    write_keras_facenet(path, state, whole_model, features)
    read = read_published("facenet", path)
    assert_same(read.state, state)
    assert (read.normalisation, read.source_format) == (normalisation, "Keras FaceNet (HDF5)")
    assert str(features) in read.note


def test_keras_facenet_without_the_last_block(narrow: None, tmp_path: Path) -> None:
    path = tmp_path / "facenet_keras.h5"
    write_keras_facenet(path, small_facenet_state())
    with h5py.File(path, "a") as file:
        del file["model_weights/Block8_6_Branch_1_Conv2d_0c_3x1_BatchNorm"]
    assert "Block8_6_Branch_1_Conv2d_0c_3x1_BatchNorm/beta is missing" in reason("facenet", path)


# C3D


def plain(state: State) -> State:
    names = dict(zip(C3D_LAYERS, ("conv1", "conv2", *C3D_LAYERS[2:]), strict=True))
    return {f"{names[name.split('.')[0]]}.{name.split('.')[2]}": tensor for name, tensor in state.items()}


def numbered(state: State) -> State:
    names = dict(zip(C3D_LAYERS, (0, 3, 6, 8, 11, 13, 16, 18), strict=True))
    return {f"features.{names[name.split('.')[0]]}.{name.split('.')[2]}": tensor for name, tensor in state.items()}


@pytest.mark.parametrize(
    ("rename", "source_format"),
    [(plain, "c3d-pytorch (torch)"), (numbered, "C3D features.N (torch)"), (dict, "mmaction2 C3D (torch)")],
)
@pytest.mark.parametrize("legacy", [True, False])
def test_torch_c3d(
    rename: Callable[[State], State], source_format: str, legacy: bool, c3d_state: State, tmp_path: Path
) -> None:
    path = tmp_path / "c3d.pickle"
    theirs = {**rename(c3d_state), "fc6.weight": torch.ones(4, 8)}
    torch.save(theirs, path, _use_new_zipfile_serialization=not legacy)
    read = read_published("c3d", path)
    assert_same(read.state, c3d_state)
    C3DTrunk(0.125).load_state_dict(read.state, strict=True)
    assert (read.normalisation, read.source_format) == ("mean_bgr", source_format)


@pytest.mark.parametrize("prefix", ["backbone.", "module.", "module.backbone."])
def test_checkpoints_and_prefixes(prefix: str, c3d_state: State, tmp_path: Path) -> None:
    path = tmp_path / "c3d_sports1m_pretrain.pth"
    state = {prefix + name: tensor for name, tensor in c3d_state.items()}
    torch.save({"meta": {"epoch": 3}, "state_dict": state, "optimizer": {"lr": 0.1}}, path)
    assert_same(read_published("c3d", path).state, c3d_state)


def test_mmaction2_recogniser_is_turned_to_bgr(c3d_state: State, tmp_path: Path) -> None:
    path = tmp_path / "c3d_sports1m_16x1x1_45e_ucf101_rgb.pth"
    state = {f"backbone.{name}": tensor for name, tensor in c3d_state.items()}
    torch.save({"state_dict": {**state, "cls_head.fc_cls.weight": torch.ones(101, 8)}}, path)
    read = read_published("c3d", path)
    first = "conv1a.conv.weight"
    assert torch.equal(read.state[first], c3d_state[first][:, [2, 1, 0]])
    assert_same({**read.state, first: c3d_state[first]}, c3d_state)
    assert "turned to BGR" in read.note


@pytest.mark.parametrize("keras_1", [True, False])
def test_keras_c3d(keras_1: bool, c3d_state: State, tmp_path: Path) -> None:
    path = tmp_path / "C3D_Sport1M_weights_keras_2.2.4.h5"
    with h5py.File(path, "w") as file:
        for name, tensor in plain(c3d_state).items():
            layer, leaf = name.split(".")
            values = tensor.permute(2, 3, 4, 1, 0).numpy() if leaf == "weight" else tensor.numpy()
            key = f"{layer}_{'W' if leaf == 'weight' else 'b'}" if keras_1 else f"{layer}/{leaf}"
            file[f"{layer}/{key}:0".replace("weight", "kernel")] = values
    read = read_published("c3d", path)
    assert_same(read.state, c3d_state)
    assert read.source_format == "Keras C3D (HDF5)"


def test_dense_layers_are_not_read(c3d_state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "_LARGEST", 64 * 64 * 27)
    path = tmp_path / "c3d.h5"
    with h5py.File(path, "w") as file:
        for name, tensor in plain(c3d_state).items():
            layer, leaf = name.split(".")
            values = tensor.permute(2, 3, 4, 1, 0).numpy() if leaf == "weight" else tensor.numpy()
            file[f"{layer}/{layer}/{leaf}:0".replace("weight", "kernel")] = values
        file.create_dataset("fc6/fc6/kernel:0", (10**7, 10**7), np.float32)  # 400 TB, if it were read
    assert_same(read_published("c3d", path).state, c3d_state)


# SoundNet


def arrays(state: State) -> dict[str, dict[str, np.ndarray]]:
    """As in `sound8.npy`: kernels (k, 1, in, out)."""
    names = {
        "conv.weight": "weights", "conv.bias": "biases", "bn.weight": "gamma", "bn.bias": "beta",
        "bn.running_mean": "mean", "bn.running_var": "var",
    }  # fmt: skip
    groups: dict[str, dict[str, np.ndarray]] = {f"conv{index}": {} for index in range(1, 5)}
    for name, tensor in floats(state).items():
        layer, _, leaf = name.partition(".")
        value = tensor.permute(2, 1, 0).unsqueeze(1) if leaf == "conv.weight" else tensor
        groups[layer][names[leaf]] = value.numpy()
    groups["conv8"] = {"weights": np.ones((8, 1, 4, 5), np.float32), "biases": np.ones(5, np.float32)}
    return groups


def python2_pickle(value: Any) -> bytes:
    """What numpy 1 under Python 2 wrote: bytes as strings, `numpy.core`. Kernels by columns, as from a transpose."""

    def text(content: bytes) -> bytes:
        return b"T" + struct.pack("<i", len(content)) + content

    def array(shape: tuple[int, ...], code: bytes, order: bytes, by_columns: bool, content: bytes) -> bytes:
        flags = b"K\x3f" if code == b"O8" else b"K\0"
        sizes_unset = b"J\xff\xff\xff\xffJ\xff\xff\xff\xff"
        kind = b"cnumpy\ndtype\n" + text(code) + b"K\0K\1\x87R(K\3" + text(order) + b"NNN" + sizes_unset + flags + b"tb"
        sizes = b"(" + b"".join(b"J" + struct.pack("<i", size) for size in shape) + b"t"
        made = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85" + text(b"b") + b"\x87R"
        return made + b"(K\1" + sizes + kind + (b"\x88" if by_columns else b"\x89") + content + b"tb"

    def any_of(value: Any) -> bytes:
        if isinstance(value, dict):
            return b"}(" + b"".join(text(key.encode()) + any_of(item) for key, item in value.items()) + b"u"
        by_columns = value.ndim > 1
        return array(value.shape, b"f4", b"<", by_columns, text(value.tobytes("F" if by_columns else "C")))

    return b"\x80\x02" + array((), b"O8", b"|", False, b"](" + any_of(value) + b"e") + b"."


def with_numpy_header(content: bytes) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
    return file.getvalue() + content


def as_object_array(value: Any) -> np.ndarray:
    wrapped = np.empty((), object)
    wrapped[()] = value
    return wrapped


def numpy_1_pickle(value: Any) -> bytes:
    """Protocol 2 of Python 3, in which bytes are encoded text."""
    return pickle.dumps(as_object_array(value), 2).replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


def numpy_2_pickle(value: Any) -> bytes:
    return pickle.dumps(as_object_array(value), 4)


@pytest.mark.parametrize("pickled", [python2_pickle, numpy_1_pickle, numpy_2_pickle])
def test_numpy_soundnet(pickled: Callable[[Any], bytes], soundnet_state: State, tmp_path: Path) -> None:
    path = tmp_path / "sound8.npy"
    path.write_bytes(with_numpy_header(pickled(arrays(soundnet_state))))
    by_numpy = np.load(path, allow_pickle=True, encoding="latin1").item()
    assert np.array_equal(by_numpy["conv1"]["weights"], arrays(soundnet_state)["conv1"]["weights"])
    read = read_published("soundnet", path)
    assert_same(read.state, soundnet_state)
    SoundNetTrunk().load_state_dict(read.state, strict=True)
    assert (read.normalisation, read.source_format) == ("amplitude", "SoundNet-tensorflow (numpy)")


def test_numpy_scalars_and_doubles(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(with_numpy_header(numpy_2_pickle({"a": {"one": np.float64(0.5), "two": np.ones(2, ">f8")}})))
    tensors = published._read_numpy(path)
    assert float(tensors["a/one"]) == 0.5
    assert torch.equal(tensors["a/two"], torch.ones(2))


def numbered_soundnet(state: State) -> State:
    """As converted from `sound8.npy`: convolutions over pictures of width 1, and 100.0 batches."""
    theirs: State = {}
    for name, tensor in state.items():
        if name.endswith("num_batches_tracked"):
            tensor = torch.tensor(100.0)
        theirs[name.replace("conv.", "0.").replace("bn.", "1.")] = tensor.unsqueeze(-1) if tensor.dim() == 3 else tensor
    return theirs


def test_numbered_soundnet(soundnet_state: State, tmp_path: Path) -> None:
    path = tmp_path / "sound8.pth"
    torch.save(numbered_soundnet(soundnet_state), path)
    read = read_published("soundnet", path)
    assert_same(read.state, soundnet_state)
    assert read.source_format == "SoundNet_Pytorch (torch)"


def test_soundnet_without_batch_norms(soundnet_state: State, tmp_path: Path) -> None:
    path = tmp_path / "sound8.pth"
    torch.save({n: t for n, t in numbered_soundnet(soundnet_state).items() if ".0." in n}, path)
    assert reason("soundnet", path) == "conv1.1.weight is missing from its SoundNet_Pytorch weights"


def test_soundnet_with_batch_norms_never_set(soundnet_state: State, tmp_path: Path) -> None:
    path = tmp_path / "sound8.pth"
    soundnet_state["conv3.bn.running_mean"].zero_()
    soundnet_state["conv3.bn.running_var"].fill_(1)
    torch.save(numbered_soundnet(soundnet_state), path)
    assert "statistics of conv3.bn were never set" in reason("soundnet", path)


def test_soundnet_with_a_negative_variance(soundnet_state: State, tmp_path: Path) -> None:
    path = tmp_path / "sound8.pth"
    soundnet_state["conv2.bn.running_var"][3] = -1
    torch.save(numbered_soundnet(soundnet_state), path)
    assert "variance of conv2.bn is negative" in reason("soundnet", path)


# Our own names


def test_safetensors(c3d_state: State, soundnet_state: State, tmp_path: Path) -> None:
    states = {"facenet": small_facenet_state(), "c3d": c3d_state, "soundnet": soundnet_state}
    for kind, state in states.items():
        path = tmp_path / f"{kind}.bin"  # the name says nothing
        safetensors.torch.save_file(state, path)
        read = read_published(kind, path)  # type: ignore[arg-type]
        assert_same(read.state, state)
        assert read.source_format.endswith("(safetensors)")


def test_half_precision_becomes_single(soundnet_state: State, tmp_path: Path) -> None:
    path = tmp_path / "half.safetensors"
    half = {name: tensor.half() for name, tensor in floats(soundnet_state).items()}
    safetensors.torch.save_file(half, path)
    assert_same(read_published("soundnet", path).state, {name: tensor.float() for name, tensor in half.items()})


# What does not come in


class Executes:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.trace}'",)


def plain_pickle(path: Path, evil: Any) -> None:
    path.write_bytes(pickle.dumps(evil))


def first_protocol(path: Path, evil: Any) -> None:
    path.write_bytes(pickle.dumps(evil, 0))


def in_numpy(path: Path, evil: Any) -> None:
    with path.open("wb") as file:
        np.save(file, as_object_array({"conv1": evil}), allow_pickle=True)


def in_numpy_of_python_2(path: Path, evil: Any) -> None:
    path.write_bytes(with_numpy_header(pickle.dumps(evil, 2)))


def in_torch(path: Path, evil: Any) -> None:
    torch.save({"conv1.weight": evil}, path)


def in_legacy_torch(path: Path, evil: Any) -> None:
    torch.save({"conv1.weight": evil}, path, _use_new_zipfile_serialization=False)


WAYS = [plain_pickle, first_protocol, in_numpy, in_numpy_of_python_2, in_torch, in_legacy_torch]


@pytest.mark.parametrize("write", WAYS)
@pytest.mark.parametrize("name", ["sound8.npy", "c3d.pickle", "c3d.pth", "trunk.safetensors", "facenet_keras.h5"])
def test_nothing_is_executed(write: Callable[[Path, Any], None], name: str, tmp_path: Path) -> None:
    path, trace = tmp_path / name, tmp_path / "trace"
    write(path, Executes(trace))
    clauses = {reason(kind, path) for kind in ("facenet", "c3d", "soundnet")}
    assert not trace.exists()
    (clause,) = clauses
    assert "executed to be read" in clause or (write is first_protocol and "format known" in clause)


def test_the_trap_works(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Executes(tmp_path / "trace")))
    assert (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    ("content", "clause"),
    [
        (b"\x80\x02cbuiltins\neval\nU\x011\x85R.", "it names builtins.eval, and would have to be executed to be read"),
        (b"\x80\x02cnumpy\nload\nU\x01x\x85R.", "it names numpy.load"),
        (b"\x80\x02c_codecs\nencode\nU\x01xU\x04zlib\x86R.", "the codec zlib"),
        (b"\x80\x02U\x01xQ.", "objects outside the file"),
        (python2_pickle({"conv1": {"a": np.ones(2, "f4")}}).replace(b"f4", b"O8"), "other than floating-point"),
        (python2_pickle({"conv1": {"a": np.ones(2, "f4")}}).replace(b"J\2\0\0\0", b"J\3\0\0\0"), "damaged"),
        (b"\x80\x02}U\x01aK\1s.", "damaged, or no dictionary of arrays"),
        (b"\x80\x02cnumpy\nndarray\n)R.", "damaged, or no dictionary of arrays"),
        (b"\x80\x02", "damaged"),
    ],
)
def test_pickles_of_other_things_than_arrays(content: bytes, clause: str, tmp_path: Path) -> None:
    path = tmp_path / "sound8.npy"
    path.write_bytes(with_numpy_header(content))
    assert clause in reason("soundnet", path)


def test_a_single_array(tmp_path: Path) -> None:
    np.save(tmp_path / "sound8.npy", np.ones(3))
    assert "single array" in reason("soundnet", tmp_path / "sound8.npy")


def soundnet_as_torch(state: State, path: Path) -> None:
    torch.save(numbered_soundnet(state), path)


def soundnet_as_legacy_torch(state: State, path: Path) -> None:
    torch.save(numbered_soundnet(state), path, _use_new_zipfile_serialization=False)


def soundnet_as_numpy(state: State, path: Path) -> None:
    path.write_bytes(with_numpy_header(python2_pickle(arrays(state))))


def soundnet_as_safetensors(state: State, path: Path) -> None:
    safetensors.torch.save_file(state, path)


def something_as_hdf5(state: State, path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["conv1/conv1/kernel:0"] = np.ones((64, 1, 1, 16), np.float32)


@pytest.mark.parametrize(
    "write",
    [soundnet_as_torch, soundnet_as_legacy_torch, soundnet_as_numpy, soundnet_as_safetensors, something_as_hdf5],
)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.95])
def test_files_cut_short(
    write: Callable[[State, Path], None], share: float, soundnet_state: State, tmp_path: Path
) -> None:
    path = tmp_path / "cut"
    write(soundnet_state, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert "damaged" in reason("soundnet", path)


def test_files_that_are_none(tmp_path: Path) -> None:
    assert "No such file" in reason("facenet", tmp_path / "absent.pt")
    assert "Is a directory" in reason("facenet", tmp_path)
    for content in (b"", b"not weights", b"\0" * 100):
        path = tmp_path / "weights.pt"
        path.write_bytes(content)
        assert "format known" in reason("facenet", path)
    path.write_bytes(b"PK\x03\x04" + bytes(200))
    assert "damaged" in reason("facenet", path)
    path.write_bytes(struct.pack("<Q", 10**12) + b"{}")
    assert "no safetensors file" in reason("facenet", path)


def test_torch_files_without_named_tensors(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(torch.ones(3), path)
    assert reason("facenet", path) == "it holds no tensors by name"
    torch.save({"epoch": 3}, path)
    assert reason("facenet", path) == "it holds no tensors"
    torch.save(nn.Linear(2, 2), path)
    assert "executed" in reason("facenet", path)


def test_another_network(soundnet_state: State, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save(numbered_soundnet(soundnet_state), path)
    assert reason("c3d", path) == "it holds weights for soundnet (SoundNet_Pytorch), not for c3d"
    torch.save({"conv1.weight": torch.ones(64, 3, 7, 7), "layer1.0.conv1.weight": torch.ones(4)}, path)
    assert reason("c3d", path).startswith("its tensors (conv1.weight, layer1.0.conv1.weight, ...) fit no layout")


def changed(state: State, name: str, tensor: torch.Tensor) -> State:
    return {**plain(state), name: tensor}


@pytest.mark.parametrize(
    ("tensor", "clause"),
    [
        (torch.ones(4), "is of shape 4, where the trunk wants 32"),
        (torch.full((32,), float("nan")), "is not all finite"),
        (torch.ones(32, dtype=torch.int64), "is not of plain floating-point numbers"),
        (torch.ones(32).to_sparse(), "is not of plain floating-point numbers"),
        (torch.ones(32, device="meta"), "is not of plain floating-point numbers"),
    ],
)
def test_tensors_that_do_not_fit(tensor: torch.Tensor, clause: str, c3d_state: State, tmp_path: Path) -> None:
    path = tmp_path / "c3d.pickle"
    torch.save(changed(c3d_state, "conv3a.bias", tensor), path)
    assert reason("c3d", path) == f"conv3a.bias of its c3d-pytorch weights {clause}"


def test_a_missing_tensor(c3d_state: State, tmp_path: Path) -> None:
    path = tmp_path / "c3d.pickle"
    torch.save({name: tensor for name, tensor in plain(c3d_state).items() if name != "conv4b.bias"}, path)
    assert reason("c3d", path) == "conv4b.bias is missing from its c3d-pytorch weights"


def test_theano_kernels_are_refused(c3d_state: State, tmp_path: Path) -> None:
    path = tmp_path / "c3d-sports1M_weights.h5"
    with h5py.File(path, "w") as file:
        for name, tensor in plain(c3d_state).items():
            layer, leaf = name.split(".")
            file[f"{layer}/{layer}_{'W' if leaf == 'weight' else 'b'}"] = tensor.numpy()  # (out, in, T, H, W)
    assert "conv1/kernel of its Keras C3D weights is of shape" in reason("c3d", path)


def test_a_trunk_of_another_width(tmp_path: Path) -> None:
    path = tmp_path / "narrow.pth"
    torch.save(C3DTrunk(0.125).state_dict(), path)
    assert "is of shape 8x3x3x3x3, where the trunk wants 64x3x3x3x3" in reason("c3d", path)
