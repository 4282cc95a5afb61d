"""One sentence for each thing that can go wrong and that a person can act on."""

from engine.errors import (
    AffectlineError,
    BundleError,
    CancelledError,
    DatasetError,
    DeviceError,
    MediaError,
    StorageError,
    WeightsError,
)


def sentence(error: AffectlineError) -> str:
    """What happened and to what, on one line, without a full stop."""
    match error:
        case MediaError():
            said = f"cannot read {error.path}: {error.reason}"
        case BundleError():
            said = f"cannot use the bundle {error.path}: {error.reason}"
        case WeightsError():
            said = f"cannot use the weights {error.path}: {error.reason}"
        case DatasetError():
            said = f"cannot use the data {error.path}: {error.reason}"
        case StorageError():
            said = f"cannot write {error.path}: {error.reason}"
        case DeviceError():
            said = f"cannot use the device asked for: {error}"
        case CancelledError():
            said = "interrupted"
        case _:
            said = str(error)
    return " ".join(said.split()).rstrip(".")


def os_reason(error: OSError) -> str:
    """The system's own words for a failed write or read: "no space left on device"."""
    said = error.strerror or str(error)
    return said[:1].lower() + said[1:]
