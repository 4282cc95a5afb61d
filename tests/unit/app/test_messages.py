"""Each error is one sentence that names what it is about."""

import inspect

import pytest

from app.messages import os_reason, sentence
from engine import errors


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.MediaFormatError("a.mp4", "it is empty"), "cannot read a.mp4: it is empty"),
        (errors.BundleError("b", "part frame has changed."), "cannot use the bundle b: part frame has changed"),
        (errors.WeightsError("c.npy", "no tensors"), "cannot use the weights c.npy: no tensors"),
        (errors.DatasetError("d", "no\nlabels"), "cannot use the data d: no labels"),
        (errors.StorageError("e", "disk full"), "cannot write e: disk full"),
        (errors.DeviceError("no CUDA GPU"), "cannot use the device asked for: no CUDA GPU"),
        (errors.CancelledError(), "interrupted"),
    ],
)
def test_sentence(error, said):
    assert sentence(error) == said


def test_every_error_has_a_sentence():
    for kind in vars(errors).values():
        if inspect.isclass(kind) and issubclass(kind, errors.AffectlineError):
            takes_a_path = kind.__init__ is not Exception.__init__
            error = kind("x", "why") if takes_a_path else kind("why")
            assert sentence(error), kind


def test_the_systems_words():
    assert os_reason(OSError(28, "No space left on device")) == "no space left on device"
    assert os_reason(OSError("Odd")) == "odd"
