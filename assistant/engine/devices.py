"""What this machine can run a model on, what will be used and why: the data for `wizard-tui doctor`.

llama.cpp is asked in a child process, because a broken driver can end whoever asks. What the machine has beside that
(a GPU that this build of llama.cpp cannot use) is read from the system. Nothing is printed here.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.engine.footprint import available_memory, default_threads
from assistant.ground.cores import allowed_cpus
from assistant.ground.parenthood import child_environment

_ASKING_LIMIT = 30.0
_PIP = "pip install --force-reinstall --no-cache-dir --no-binary llama-cpp-python llama-cpp-python"
_BUILDS = {
    "CUDA": f'CMAKE_ARGS="-DGGML_CUDA=on -DGGML_NATIVE=on" {_PIP}',
    "Metal": f'CMAKE_ARGS="-DGGML_METAL=on" {_PIP}',
    "Vulkan": f'CMAKE_ARGS="-DGGML_VULKAN=on -DGGML_NATIVE=on" {_PIP}',
}


@dataclass(frozen=True)
class Device:
    """One device that llama.cpp can run a model on. Sizes in bytes."""

    name: str
    description: str
    gpu: bool
    free: int
    total: int


@dataclass(frozen=True)
class UnusedGpu:
    """A GPU that is there, why this build cannot use it, and the command that changes that."""

    description: str
    why: str
    install: str


@dataclass(frozen=True)
class DeviceReport:
    """What was found, what will be used, and why."""

    llama_version: str
    cpu: str
    cpu_features: tuple[str, ...]
    cpus_allowed: int
    threads: int
    memory_available: int
    found: tuple[Device, ...]
    uses: str
    why: str
    unusable: tuple[UnusedGpu, ...]
    problem: str = ""
    """Why llama.cpp could not be asked; empty when it could."""


def survey() -> DeviceReport:
    """Ask llama.cpp and the system; takes about a quarter of a second. Never raises."""
    answer, problem = _ask()
    found = tuple(Device(**device) for device in answer.get("devices", []))
    gpus = [device for device in found if device.gpu]
    threads = default_threads()
    if problem:
        uses, why = "nothing", problem
    elif gpus:
        uses = ", ".join(f"{gpu.name} ({gpu.description})" for gpu in gpus)
        why = "as many layers as fit into its free memory go there, the rest runs on the CPU"
    else:
        uses = f"CPU, {threads} thread{'s' if threads != 1 else ''}"
        why = "llama.cpp found no GPU that it was built for; one thread for each core that may be used"
    return DeviceReport(
        llama_version=str(answer.get("version", "")),
        cpu=_cpu_name(),
        cpu_features=_features(str(answer.get("system", ""))),
        cpus_allowed=len(allowed_cpus()),
        threads=threads,
        memory_available=available_memory(),
        found=found,
        uses=uses,
        why=why,
        unusable=_unused_gpus(gpus),
        problem=problem,
    )


def _ask() -> tuple[dict[str, Any], str]:
    command = [sys.executable, "-m", "assistant.engine.devices"]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_ASKING_LIMIT, env=child_environment(), stdin=subprocess.DEVNULL
        )
        return json.loads(done.stdout.splitlines()[-1]), ""
    except subprocess.TimeoutExpired:
        return {}, f"llama.cpp did not answer within {_ASKING_LIMIT:g} seconds; a GPU driver may hang"
    except (ValueError, IndexError):
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return {}, f"llama.cpp cannot be loaded ({words[-1] if words else f'exit code {done.returncode}'})"


def answer() -> None:
    """Print, as one JSON line, what llama.cpp says about itself and its devices (this is the child)."""
    from assistant.engine.llama import bindings
    from assistant.ground.parenthood import die_with_parent

    die_with_parent()
    devices = [Device(*device) for device in bindings.backend_devices()]
    row = {"version": bindings.version(), "system": bindings.system_info(), "devices": [asdict(d) for d in devices]}
    sys.stdout.write("\n" + json.dumps(row) + "\n")


def _features(system_info: str) -> tuple[str, ...]:
    """`CPU : AVX2 = 1 | FMA = 0` → ("AVX2",)."""
    pairs = (part.split("=") for part in system_info.split(":", 1)[-1].split("|") if "=" in part)
    return tuple(name.split(":")[-1].strip() for name, value, *_ in pairs if value.strip() != "0")


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("model name", "Model")):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _unused_gpus(used: list[Device]) -> tuple[UnusedGpu, ...]:
    """GPUs of this machine that llama.cpp did not list."""
    names = " ".join(device.name for device in used)
    seen = []
    if "CUDA" not in names and "Vulkan" not in names:
        nvidia = _nvidia()
        if nvidia:
            seen.append(UnusedGpu(*nvidia, _BUILDS["CUDA"]))
        elif "Metal" not in names:
            render = _render_nodes()
            if render:
                why = "this build of llama.cpp has no Vulkan"
                seen.append(UnusedGpu(render, why, f"apt install libvulkan-dev glslc, then {_BUILDS['Vulkan']}"))
    if sys.platform == "darwin" and platform.machine() == "arm64" and not names:
        seen.append(UnusedGpu("Apple GPU", "this build of llama.cpp has no Metal", _BUILDS["Metal"]))
    return tuple(seen)


def _nvidia() -> tuple[str, str] | None:
    """An NVIDIA GPU and why it cannot be used, or None where there is none."""
    try:
        done = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            timeout=10,
            stdin=subprocess.DEVNULL,
        )
        names = done.stdout.decode("utf-8", "replace").strip().splitlines()
        if done.returncode == 0 and names:
            return ", ".join(names), "this build of llama.cpp has no CUDA"
    except (OSError, subprocess.TimeoutExpired):
        pass
    if Path("/proc/driver/nvidia/version").exists():
        return (
            "NVIDIA GPU",
            "its driver is loaded but nvidia-smi does not see it, and this build of llama.cpp has no CUDA",
        )
    return None


def _render_nodes() -> str:
    vendors = {"0x1002": "AMD GPU", "0x8086": "Intel GPU", "0x10de": "NVIDIA GPU (open driver)"}
    found = []
    for card in sorted(Path("/sys/class/drm").glob("renderD*/device/vendor")):
        try:
            found.append(vendors.get(card.read_text(encoding="ascii").strip(), ""))
        except OSError:
            continue
    return ", ".join(name for name in found if name)


if __name__ == "__main__":
    answer()
