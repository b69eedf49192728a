"""Making an inner value of an ONNX graph an output of it, without the onnx package.

Protocol buffers merge on parsing: a message that is appended to a model adds to its graph. What is appended
is ModelProto.graph (7) holding GraphProto.output (12), a ValueInfoProto with name (1) and type (2: tensor of
float).
"""

from __future__ import annotations

_GRAPH, _OUTPUT, _NAME, _TYPE, _TENSOR = 7, 12, 1, 2, 1
_FLOAT = b"\x08\x01"
_LENGTH_DELIMITED = 2


def with_output(model: bytes, name: str) -> bytes:
    """Return the model with the float value `name` as its last output."""
    value = _field(_NAME, name.encode()) + _field(_TYPE, _field(_TENSOR, _FLOAT))
    return model + _field(_GRAPH, _field(_OUTPUT, value))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
