"""The messages of the Open Inference Protocol's gRPC service, made from the table below. Needs slipway[grpc].

They are made in code, in a descriptor pool of their own. Generated modules would put the package ``inference`` into the
process's one default pool, where the clients of KServe and Triton put theirs: whoever imported two of the three could
not start. Fields that we do not read (``parameters``) are left out; on the wire an unknown field is skipped.

Reference:
    kserve/open-inference-protocol, open_inference_grpc.proto; protobuf.dev, "Encoding".
"""

from typing import Any

from slipway.errors import MissingExtra

try:
    from google.protobuf import (
        descriptor_pb2,
        descriptor_pool,
        message_factory,
    )
    from google.protobuf.message import DecodeError
except ImportError as error:
    raise MissingExtra("gRPC: want the package 'protobuf', found none. pip install 'slipway[grpc]'.") from error

SERVICE = "inference.GRPCInferenceService"
"""Full name of the service."""

_MESSAGES: dict[str, tuple[str, ...]] = {
    "ServerLiveRequest": (),
    "ServerLiveResponse": ("bool live = 1",),
    "ServerReadyRequest": (),
    "ServerReadyResponse": ("bool ready = 1",),
    "ModelReadyRequest": ("string name = 1", "string version = 2"),
    "ModelReadyResponse": ("bool ready = 1",),
    "ServerMetadataRequest": (),
    "ServerMetadataResponse": ("string name = 1", "string version = 2", "repeated string extensions = 3"),
    "ModelMetadataRequest": ("string name = 1", "string version = 2"),
    "ModelMetadataResponse": (
        "string name = 1",
        "repeated string versions = 2",
        "string platform = 3",
        "repeated ModelMetadataResponse.TensorMetadata inputs = 4",
        "repeated ModelMetadataResponse.TensorMetadata outputs = 5",
    ),
    "ModelMetadataResponse.TensorMetadata": ("string name = 1", "string datatype = 2", "repeated int64 shape = 3"),
    "ModelInferRequest": (
        "string model_name = 1",
        "string model_version = 2",
        "string id = 3",
        "repeated ModelInferRequest.InferInputTensor inputs = 5",
        "repeated ModelInferRequest.InferRequestedOutputTensor outputs = 6",
        "repeated bytes raw_input_contents = 7",
    ),
    "ModelInferRequest.InferInputTensor": (
        "string name = 1",
        "string datatype = 2",
        "repeated int64 shape = 3",
        "InferTensorContents contents = 5",
    ),
    "ModelInferRequest.InferRequestedOutputTensor": ("string name = 1",),
    "ModelInferResponse": (
        "string model_name = 1",
        "string model_version = 2",
        "string id = 3",
        "repeated ModelInferResponse.InferOutputTensor outputs = 5",
        "repeated bytes raw_output_contents = 6",
    ),
    "ModelInferResponse.InferOutputTensor": (
        "string name = 1",
        "string datatype = 2",
        "repeated int64 shape = 3",
        "InferTensorContents contents = 5",
    ),
    "InferTensorContents": (
        "repeated bool bool_contents = 1",
        "repeated int32 int_contents = 2",
        "repeated int64 int64_contents = 3",
        "repeated uint32 uint_contents = 4",
        "repeated uint64 uint64_contents = 5",
        "repeated float fp32_contents = 6",
        "repeated double fp64_contents = 7",
        "repeated bytes bytes_contents = 8",
    ),
}

_File = descriptor_pb2.FileDescriptorProto
_Field = descriptor_pb2.FieldDescriptorProto


def _classes() -> dict[str, Any]:
    file = _File(name="slipway/open_inference.proto", package="inference", syntax="proto3")
    made: dict[str, Any] = {}
    for name, fields in _MESSAGES.items():
        outer, _, own = name.rpartition(".")
        message = made[outer].nested_type.add() if outer else file.message_type.add()
        message.name, made[name] = own, message
        for field in fields:
            _add(message, field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    find = pool.FindMessageTypeByName
    return {name: message_factory.GetMessageClass(find(f"inference.{name}")) for name in _MESSAGES}


def _add(message: Any, written: str) -> None:
    *repeated, kind, name, _, number = written.split()
    label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
    field = message.field.add(name=name, number=int(number), label=label)
    if f"TYPE_{kind.upper()}" in _Field.Type.keys():  # noqa: SIM118 - an enum wrapper, not a dict
        field.type = _Field.Type.Value(f"TYPE_{kind.upper()}")
    else:
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".inference.{kind}"


_made = _classes()


def message(name: str) -> Any:
    r"""Return the class of a message by its name in the protocol.

    >>> request = message("ModelReadyRequest")(name="flights")
    >>> request.SerializeToString()  # field 1, seven bytes of text
    b'\n\x07flights'
    """
    return _made[name]


__all__ = ["SERVICE", "DecodeError", "message"]
