"""Changing an ONNX model's graph without the `onnx` package: enough of protobuf to lay open a recurrent state.

An ONNX file is a ModelProto whose field 7 is the graph; of the graph, field 1 are nodes, 11 inputs, 12 outputs; of a
node, field 2 are the names of its outputs (onnx/onnx.proto). A field is a tag (number << 3 | wire type) and a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_agent.errors import ModelCorrupt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_GRAPH, _NODE, _INPUT, _OUTPUT = 7, 1, 11, 12
_NODE_OUTPUT = 2
_FLOAT = 1


def expose(
    model: bytes, inputs: Sequence[tuple[str, Sequence[int]]], outputs: Sequence[tuple[str, Sequence[int]]]
) -> bytes:
    """Return the model with inner float values as inputs and outputs, each a name and a shape.

    A value that becomes an input loses the node that made it; what only that node needed stays, unused. Raises
    ModelCorrupt when the bytes are no ONNX model or such a node is not there.
    """
    try:
        return b"".join(
            _field(number, _opened(value, inputs, outputs)) if number == _GRAPH else raw
            for number, value, raw in _fields(model)
        )
    except IndexError as error:
        raise ModelCorrupt("the file is no ONNX model") from error


def _opened(
    graph: bytes, inputs: Sequence[tuple[str, Sequence[int]]], outputs: Sequence[tuple[str, Sequence[int]]]
) -> bytes:
    replaced = {name.encode() for name, _ in inputs}
    kept: list[bytes] = []
    for number, value, raw in _fields(graph):
        made = _made(value) if number == _NODE else set()
        if made & replaced:
            replaced -= made
        else:
            kept.append(raw)
    if replaced:
        raise ModelCorrupt(f"the model's graph has no value {min(replaced).decode()!r}")
    kept += [_field(_INPUT, _value_info(name, shape)) for name, shape in inputs]
    kept += [_field(_OUTPUT, _value_info(name, shape)) for name, shape in outputs]
    return b"".join(kept)


def _made(node: bytes) -> set[bytes]:
    return {value for number, value, _ in _fields(node) if number == _NODE_OUTPUT}


def _value_info(name: str, shape: Sequence[int]) -> bytes:
    """Return a ValueInfoProto: name (1), type (2) { tensor_type (1) { elem_type (1), shape (2) { dim (1) … } } }."""
    dims = b"".join(_field(1, _number(1, size)) for size in shape)
    tensor = _number(1, _FLOAT) + _field(2, dims)
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (field number, value, the field as it stands) of a message; the value of a number is left as bytes."""
    at = 0
    while at < len(message):
        start = at
        tag, at = _varint(message, at)
        wire = tag & 7
        if wire == _BYTES:
            size, at = _varint(message, at)
        elif wire == _VARINT:
            size = _varint(message, at)[1] - at
        elif wire in {_EIGHT_BYTES, _FOUR_BYTES}:
            size = 8 if wire == _EIGHT_BYTES else 4
        else:
            raise IndexError(wire)
        if at + size > len(message):
            raise IndexError(at)
        yield tag >> 3, message[at : at + size], message[start : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while message[at] & 0x80:
        value |= (message[at] & 0x7F) << shift
        shift += 7
        at += 1
    return value | message[at] << shift, at + 1


def _field(number: int, value: bytes) -> bytes:
    return _encoded(number << 3 | _BYTES) + _encoded(len(value)) + value


def _number(number: int, value: int) -> bytes:
    return _encoded(number << 3 | _VARINT) + _encoded(value)


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits to a byte
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
