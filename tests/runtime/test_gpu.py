"""GPUs are read as NVML lays them out; without its library there is none, and one that fails is left out."""

import ctypes
import shutil
import subprocess

import pytest

from slipway.runtime import gpu

SOURCE = """
#include <stdio.h>
typedef struct { unsigned int gpu, memory; } rates;
typedef struct { unsigned long long total, free, used; } memory;
int nvmlInit_v2(void) { return INIT; }
int nvmlDeviceGetCount_v2(unsigned int *n) { *n = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int i, void **h) { *h = (void *)(0x7f0000000000UL + i); return 0; }
int nvmlDeviceGetUtilizationRates(void *h, rates *r) {
    if ((unsigned long)h != 0x7f0000000000UL) return 15; /* it is lost */
    r->gpu = 37; r->memory = 5; return 0;
}
int nvmlDeviceGetMemoryInfo(void *h, memory *m) { m->total = 85899345920ULL; m->used = 6442450944ULL; return 0; }
int nvmlDeviceGetName(void *h, char *name, unsigned int n) { snprintf(name, n, "NVIDIA H100"); return 0; }
"""


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Build a library with NVML's signatures, and have it found in its place."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler is installed")

    def build(*, init):
        (tmp_path / "nvml.c").write_text(SOURCE)
        made = tmp_path / f"nvml-{init}.so"
        words = [compiler, "-shared", "-fPIC", f"-DINIT={init}", "-o", str(made), str(tmp_path / "nvml.c")]
        subprocess.run(words, check=True, timeout=60)
        monkeypatch.setattr(gpu, "_LIBRARY", str(made))
        gpu._opened.cache_clear()

    yield build
    gpu._opened.cache_clear()


def test_a_gpu_is_read_as_the_library_lays_it_out_and_one_that_is_lost_is_left_out(library):
    library(init=0)
    (found,) = gpu.gpus()
    assert (found.name, found.busy) == ("0 NVIDIA H100", 0.37)
    assert (found.memory_bytes, found.room_bytes) == (6 << 30, 80 << 30)


def test_a_driver_that_does_not_run_is_no_gpu(library):
    library(init=9)
    assert gpu.gpus() == ()


def test_without_the_library_there_is_none(monkeypatch):
    monkeypatch.setattr(gpu, "_LIBRARY", "libslipway-not-there.so.1")
    gpu._opened.cache_clear()
    assert gpu.gpus() == ()
    gpu._opened.cache_clear()
    assert ctypes.sizeof(gpu._Memory) == 24
