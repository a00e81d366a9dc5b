"""Loads one GGUF file into llama.cpp: weights, adapters and contexts, on the devices that fit.

What can be known from the file's header is refused before llama.cpp sees the file. This runs in the worker only and
decodes nothing.
"""

from __future__ import annotations

import ctypes
import time
from pathlib import Path

from assistant.engine import footprint
from assistant.engine.api import LoadedModel, ModelRefused, ModelSpec
from assistant.engine.llama import bindings
from assistant.engine.llama.bindings import Log, Pointer, library
from assistant.engine.llama.prompt_layout import Layout
from assistant.engine.llama.vocabulary import Vocabulary
from assistant.engine.model_header import ModelHeader, read_header
from assistant.engine.prompt.prompt_format import family_of
from assistant.engine.prompt.template import TemplateRenderer
from assistant.engine.remembered import Remembered

_BATCH_ON_GPU, _BATCH_ON_CPU = 512, 256


class LlamaModel:
    """One model in memory. `close` frees it; its contexts must be freed before.

    Raises:
        ModelRefused: the file cannot be run here.
    """

    def __init__(self, spec: ModelSpec, header: ModelHeader, log: Log, renderer: TemplateRenderer) -> None:
        started = time.monotonic()
        self.spec, self.header = spec, header
        self.threads = spec.threads or footprint.default_threads()
        self.context_size = footprint.context_size_for(header, spec.context_size)
        self._log = log
        self._devices = bindings.backend_devices()
        self.gpu_layers = self._wanted_gpu_layers()
        self._adapters: list[Pointer] = []
        self._weights: list[float] = []
        renderer.start()
        self.pointer = self._load_weights()
        self.vocabulary = Vocabulary(self.pointer)
        family = family_of(header.architecture, self._full_name(), self.vocabulary.specials)
        own_template = library.llama_model_chat_template(self.pointer, None) or b""
        self.layout = Layout(self.vocabulary, family, own_template.decode("utf-8", "replace"), renderer)
        self.family = family
        self.load_seconds = time.monotonic() - started

    def new_context(self, cells: int, sequences: int, unified: bool = True) -> Pointer:
        """A llama.cpp context of `cells` tokens for `sequences` conversations, which share them if `unified`.

        Raises:
            ModelRefused: there is no memory for it.
        """
        params = library.llama_context_default_params()
        params.n_ctx, params.n_seq_max = cells, sequences
        params.n_batch = params.n_ubatch = self.batch_size
        params.n_threads = params.n_threads_batch = self.threads
        params.flash_attn_type = self.attention(cells, unified)
        params.kv_unified = unified
        params.no_perf = True
        context = library.llama_init_from_model(self.pointer, params)
        if not context:
            raise ModelRefused(
                f"cannot make a context of {cells:,} tokens for {self.header.path.name}",
                self._last_words("llama.cpp got no memory for it"),
                "a smaller context_size",
            )
        self._apply_adapters(context)
        return context

    def attention(self, cells: int, unified: bool = True) -> int:
        """Which attention of llama.cpp's a context of `cells` tokens uses, by its number there.

        On a CPU the fused one is the slower one for few tokens behind many: for 32 tokens behind 1,900 it takes 371 ms,
        the other 230 ms. For 32 streams of 100 tokens it is the faster one, 180 ms against 198 ms.
        """
        if self.gpu_layers or not unified or not footprint.scores_fit(self.header, cells):
            return int(library.LLAMA_FLASH_ATTN_TYPE_AUTO)
        return int(library.LLAMA_FLASH_ATTN_TYPE_DISABLED)

    @property
    def batch_size(self) -> int:
        """The most tokens that one decode takes."""
        return _BATCH_ON_GPU if self.gpu_layers else _BATCH_ON_CPU

    def describe(self) -> LoadedModel:
        """What was loaded."""
        layers = library.llama_model_n_layer(self.pointer)
        return LoadedModel(
            path=self.spec.path,
            name=str(self.header.metadata.get("general.name") or self.header.path.stem),
            architecture=self.header.architecture,
            parameters=library.llama_model_n_params(self.pointer),
            bytes=self.header.bytes,
            context_size=self.context_size,
            trained_context_size=library.llama_model_n_ctx_train(self.pointer),
            vocabulary_size=self.vocabulary.size,
            threads=self.threads,
            gpu_layers=min(self.gpu_layers, layers + 1),
            layers=layers,
            device=self._device_line(layers),
            chat_format=self.layout.chat.name,
            infill=self.layout.infill_layout is not None,
            load_seconds=round(self.load_seconds, 3),
        )

    def close(self) -> None:
        """Free the weights."""
        if self.pointer:
            library.llama_model_free(self.pointer)
            self.pointer = None

    # -- weights

    def _full_name(self) -> str:
        keys = ("general.name", "general.basename", "general.finetune")
        return " ".join([*(str(self.header.metadata.get(key, "")) for key in keys), self.header.path.name])

    def _wanted_gpu_layers(self) -> int:
        gpus = [free for _, _, gpu, free, _ in self._devices if gpu]
        if self.spec.gpu_layers >= 0:
            return self.spec.gpu_layers if gpus else 0
        return footprint.layers_that_fit(self.header, self.context_size, gpus) if gpus else 0

    def _load_weights(self) -> Pointer:
        """Load, with fewer layers on the GPU each time that its memory turns out too small."""
        checked = Remembered("checked")
        mark = [self.header.bytes, self.header.changed]
        check = checked.get(str(self.header.path)) != mark
        while True:
            params = library.llama_model_default_params()
            params.n_gpu_layers = self.gpu_layers
            params.check_tensors = check
            self._log.clear()
            model = library.llama_model_load_from_file(str(self.header.path).encode(), params)
            if model:
                if check:
                    checked.put(str(self.header.path), mark)
                return model
            if self.gpu_layers == 0:
                raise ModelRefused(
                    f"cannot load {self.header.path}", self._last_words("llama.cpp refused it"), "wizard-tui doctor"
                )
            self.gpu_layers //= 2

    def use_adapters(self, adapters: tuple[tuple[str, float], ...], contexts: list[Pointer]) -> None:
        """Put these LoRA adapters (path, weight) in place of the present ones; the base stays loaded.

        Raises:
            ModelRefused: one of them cannot be read or belongs to another model; the present ones stay.
        """
        loaded = [self._load_adapter(path) for path, _ in adapters]
        old, self._adapters = self._adapters, loaded
        self._weights = [weight for _, weight in adapters]
        for context in contexts:
            self._apply_adapters(context)
        for adapter in old:
            library.llama_adapter_lora_free(adapter)

    def _load_adapter(self, path: str) -> Pointer:
        if not Path(path).is_file():
            raise ModelRefused(f"cannot load the adapter {path}", "there is no such file")
        read_header(Path(path))
        self._log.clear()
        adapter = library.llama_adapter_lora_init(self.pointer, path.encode())
        if not adapter:
            raise ModelRefused(
                f"cannot load the adapter {path}",
                self._last_words("it does not fit this model"),
                "wizard-quantize adapter makes one for its base model",
            )
        return adapter

    def _apply_adapters(self, context: Pointer) -> None:
        if not self._adapters:
            library.llama_set_adapters_lora(context, None, 0, None)
            return
        count = len(self._adapters)
        pointers = (type(self._adapters[0]) * count)(*self._adapters)
        weights = (ctypes.c_float * count)(*self._weights)
        library.llama_set_adapters_lora(context, pointers, count, weights)

    def _last_words(self, otherwise: str) -> str:
        """llama.cpp's last error line without the name of its function."""
        errors = [line.split(": ", 1)[-1] for line in self._log.errors()]
        telling = [line for line in errors if "failed to load model" not in line.lower()] or errors
        return telling[0].rstrip(".") if telling else otherwise

    def _device_line(self, layers: int) -> str:
        gpus = [f"{name}: {words}" for name, words, gpu, _, _ in self._devices if gpu]
        if self.gpu_layers and gpus:
            return f"{', '.join(gpus)}, {min(self.gpu_layers, layers + 1)} of {layers + 1} layers"
        return f"CPU, {self.threads} thread{'s' if self.threads != 1 else ''}"
