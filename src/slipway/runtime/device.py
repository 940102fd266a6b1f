"""Where a model computes: the providers that ONNX Runtime is asked for, and why it is not the one wanted."""

from collections.abc import Sequence
from typing import NamedTuple

from slipway.records.arm import Device

CPU_PROVIDER, CUDA_PROVIDER = "CPUExecutionProvider", "CUDAExecutionProvider"


class Providers(NamedTuple):
    """What to ask ONNX Runtime for.

    Attributes:
        names: Providers, the first that can compute a node does.
        note: Why the model will not compute where it was wanted, or an empty string.
    """

    names: tuple[str, ...]
    note: str = ""


def providers_for(device: Device, *, available: Sequence[str]) -> Providers:
    """Choose the providers.

    Args:
        device: Where the model is to compute.
        available: What this build of ONNX Runtime has, as ``onnxruntime.get_available_providers()`` says.

    >>> providers_for(Device.AUTO, available=["CPUExecutionProvider"])
    Providers(names=('CPUExecutionProvider',), note='')
    >>> providers_for(Device.CUDA, available=["CUDAExecutionProvider", "CPUExecutionProvider"]).names
    ('CUDAExecutionProvider', 'CPUExecutionProvider')
    """
    if device is Device.CPU:
        return Providers((CPU_PROVIDER,))
    if CUDA_PROVIDER in available:
        return Providers((CUDA_PROVIDER, CPU_PROVIDER))
    if device is Device.AUTO:
        return Providers((CPU_PROVIDER,))
    return Providers(
        (CPU_PROVIDER,),
        "want device 'cuda', got an ONNX Runtime without it, so it computes on the CPU. "
        'Install onnxruntime-gpu in place of onnxruntime, or write device = "cpu".',
    )


def told_of(asked: Providers, *, got: Sequence[str], device: Device) -> str:
    """Return why the model computes elsewhere than wanted, once it is loaded; empty where it does not, or may.

    ONNX Runtime says nothing where a GPU cannot be used (no driver, no memory); it leaves the provider out.

    >>> told_of(Providers((CUDA_PROVIDER, CPU_PROVIDER)), got=[CPU_PROVIDER], device=Device.CUDA)[:44]
    "want device 'cuda', got a GPU that ONNX Runt"
    """
    if asked.note or device is not Device.CUDA or CUDA_PROVIDER in got:
        return asked.note
    return (
        "want device 'cuda', got a GPU that ONNX Runtime cannot use, so it computes on the CPU. "
        "Look at nvidia-smi and at the versions of CUDA and cuDNN that ONNX Runtime wants."
    )
