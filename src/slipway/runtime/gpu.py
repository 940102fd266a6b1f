"""What the GPUs of this machine do, asked of NVIDIA's own library. Where it is not there, there is none to tell of.

Reference:
    NVML API Reference Guide: nvmlInit_v2, nvmlDeviceGetCount_v2, nvmlDeviceGetUtilizationRates and
    nvmlDeviceGetMemoryInfo.
"""

import ctypes
from functools import cache

from slipway.records.service import GpuUse

_LIBRARY = "libnvidia-ml.so.1"
_NAME_BYTES = 96


class _Rates(ctypes.Structure):
    """``nvmlUtilization_t``, in percent."""

    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class _Memory(ctypes.Structure):
    """``nvmlMemory_t``, in bytes."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def gpus() -> tuple[GpuUse, ...]:
    """Return what each GPU does now; empty where there is none. One that does not say is left out: that is not 0."""
    library = _opened()
    if library is None:
        return ()
    number = ctypes.c_uint()
    if library.nvmlDeviceGetCount_v2(ctypes.byref(number)):
        return ()
    found = (_read(library, index) for index in range(number.value))
    return tuple(one for one in found if one is not None)


@cache
def _opened() -> ctypes.CDLL | None:
    """Return the library, opened once a process: opening takes long, and a driver does not come while one runs."""
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return None
    return None if library.nvmlInit_v2() else library


def _read(library: ctypes.CDLL, index: int) -> GpuUse | None:
    handle, rates, memory = ctypes.c_void_p(), _Rates(), _Memory()
    name = ctypes.create_string_buffer(_NAME_BYTES)
    failed = (
        library.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(handle))
        or library.nvmlDeviceGetUtilizationRates(handle, ctypes.byref(rates))
        or library.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory))
        or library.nvmlDeviceGetName(handle, name, _NAME_BYTES)
    )
    if failed:
        return None
    return GpuUse(
        name=f"{index} {name.value.decode(errors='replace')}",
        busy=rates.gpu / 100,
        memory_bytes=memory.used,
        room_bytes=memory.total,
    )
