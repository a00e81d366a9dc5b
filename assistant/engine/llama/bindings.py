"""The one place that touches llama.cpp: its low-level functions, its log, and its list of devices.

Imported in the worker process only. The package's own `__init__` is passed by, because it pulls in numpy, a disk cache
and a web server's types (0.15 s of every start) that nothing here uses.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
import types
from collections import deque
from typing import Any, TypeAlias

from assistant.engine.stop_flag import StopFlag


def _package_without_its_init() -> None:
    spec = importlib.util.find_spec("llama_cpp")
    if "llama_cpp" in sys.modules or spec is None or spec.submodule_search_locations is None:
        return
    bare = types.ModuleType("llama_cpp")
    bare.__path__ = list(spec.submodule_search_locations)
    bare.__spec__ = spec

    def load_the_rest(name: str) -> Any:
        # Someone else in this process wants the package's own classes: they get the whole of it.
        if name.startswith("__") or spec.loader is None:
            raise AttributeError(name)
        del bare.__getattr__
        spec.loader.exec_module(bare)
        return getattr(bare, name)

    bare.__getattr__ = load_the_rest  # type: ignore[method-assign]  # a module's own __getattr__
    sys.modules["llama_cpp"] = bare


_package_without_its_init()
import llama_cpp.llama_cpp as _library  # noqa: E402, TID253 - after the line above, and in the worker only

library: Any = _library
"""llama.cpp's functions and structures, as llama_cpp declares them."""

Pointer: TypeAlias = Any
"""A C pointer; false when it is NULL."""

ABORTED = 2
_WARNING, _ERROR = 3, 4
_CONTINUATION = 5


class Log:
    """llama.cpp's own words: the last ones are kept, warnings and errors also go to stderr (the app reads that)."""

    def __init__(self, keep: int = 200) -> None:
        self.lines: deque[str] = deque(maxlen=keep)
        self._level = 0
        self._callback = library.llama_log_callback(self._take)

    def install(self) -> None:
        """Take llama.cpp's log from here on; nothing of it reaches stdout."""
        library.llama_log_set(self._callback, ctypes.c_void_p())

    def errors(self) -> list[str]:
        """The error lines, oldest first."""
        return [line[1:] for line in self.lines if line[0] == "E"]

    def clear(self) -> None:
        """Forget what was said so far."""
        self.lines.clear()

    def _take(self, level: int, text: bytes, _data: object) -> None:
        self._level = self._level if level == _CONTINUATION else level
        for line in text.decode("utf-8", "replace").splitlines():
            if not line.strip(" ."):
                continue
            self.lines.append(("E" if self._level == _ERROR else " ") + line.strip())
            if self._level in (_WARNING, _ERROR):
                sys.stderr.write(line.rstrip() + "\n")
                sys.stderr.flush()


class AbortCheck:
    """Lets llama.cpp ask a flag before each node of its graph (CPU only), without waking Python.

    libc's strlen is the callback, and the flag a C string: the answer is 0 until it is raised.
    """

    def __init__(self, flag: StopFlag) -> None:
        self._text = flag.as_text()
        self._function = ctypes.cast(ctypes.CDLL(None).strlen, library.ggml_abort_callback)

    def attach(self, context: Pointer) -> None:
        """Let `context` ask the flag, for as long as this lives."""
        library.llama_set_abort_callback(context, self._function, ctypes.cast(self._text, ctypes.c_void_p))


def version() -> str:
    """The version of llama.cpp that is built in."""
    return library.llama_version().decode("utf-8", "replace")


def system_info() -> str:
    """llama.cpp's own line about the CPU features and backends that it was built for."""
    return library.llama_print_system_info().decode("utf-8", "replace").strip()


class _DeviceCalls:
    """ggml's device functions, which llama_cpp does not bind."""

    def __init__(self) -> None:
        import llama_cpp._ggml as ggml

        library.llama_backend_init()
        lib = ggml.libggml
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        self.count = _bind(lib, "ggml_backend_dev_count", [], size)
        self.get = _bind(lib, "ggml_backend_dev_get", [size], pointer)
        self.name = _bind(lib, "ggml_backend_dev_name", [pointer], ctypes.c_char_p)
        self.description = _bind(lib, "ggml_backend_dev_description", [pointer], ctypes.c_char_p)
        sizes = ctypes.POINTER(size)
        self.memory = _bind(lib, "ggml_backend_dev_memory", [pointer, sizes, sizes], None)
        self.type = _bind(lib, "ggml_backend_dev_type", [pointer], ctypes.c_int)


def backend_devices() -> list[tuple[str, str, bool, int, int]]:
    """Each device that this build of llama.cpp can use: name, description, whether it is a GPU, bytes free, bytes."""
    calls = _DeviceCalls()
    found = []
    for index in range(calls.count()):
        device = calls.get(index)
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        calls.memory(device, ctypes.byref(free), ctypes.byref(total))
        name, words = calls.name(device).decode(), calls.description(device).decode("utf-8", "replace")
        found.append((name, words, calls.type(device) in (1, 2), free.value, total.value))
    return found


def _bind(lib: ctypes.CDLL, name: str, arguments: list[Any], result: Any) -> Any:
    function = getattr(lib, name)
    function.argtypes, function.restype = arguments, result
    return function
