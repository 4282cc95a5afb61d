"""What passes between the window's process and its children: frozen values, pickled, never anything from elsewhere."""

import io
import pickle
from multiprocessing.connection import Connection
from typing import Any, Final

import numpy as np

from engine.errors import AffectlineError

LARGE_BYTES: Final = 1 << 16
"""An array from here on travels by itself."""


def send(connection: Connection, value: Any) -> None:
    """Send a value: a pickle, and behind it, one by one, the arrays that are large.

    Whoever receives them copies none of them, so that its other threads go on meanwhile.

    Raises:
        OSError: the other side is gone.
    """
    packed, large = io.BytesIO(), list[pickle.PickleBuffer]()
    _Pickler(packed, protocol=5, buffer_callback=large.append).dump(value)
    connection.send_bytes(len(large).to_bytes(4, "little") + packed.getvalue())
    for buffer in large:
        connection.send_bytes(buffer.raw())


def receive(connection: Connection) -> Any:
    """The next value; arrays in it are read-only, as they were.

    Raises:
        EOFError, OSError: the other side is gone.
    """
    first = memoryview(connection.recv_bytes())
    large = [connection.recv_bytes() for _ in range(int.from_bytes(first[:4], "little"))]
    return pickle.loads(first[4:], buffers=large)


class _Pickler(pickle.Pickler):
    """Pickling loses two things: that an array is read-only, and how an error of ours is made again."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            data: Any = value.tobytes() if value.nbytes < LARGE_BYTES else np.ascontiguousarray(value)
            held = data if isinstance(data, bytes) else pickle.PickleBuffer(data)
            return _read_only_array, (held, value.dtype, value.shape)
        if isinstance(value, AffectlineError):
            return _error, (type(value), value.args, dict(vars(value)))
        return NotImplemented


def _read_only_array(data: bytes, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(data, dtype).reshape(shape)


def _error(kind: type[AffectlineError], arguments: tuple[Any, ...], attributes: dict[str, Any]) -> AffectlineError:
    made = kind.__new__(kind, *arguments)
    vars(made).update(attributes)
    return made
