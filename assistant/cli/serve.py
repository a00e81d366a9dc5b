"""`wizard-tui serve`: the model for other programs, by OpenAI's and llama.cpp's protocols."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.options import Adapter, Model
from assistant.ground.terminal import say

# Where llama.vim looks for a server unless told otherwise.
_DEFAULT_PORT = 8012


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="P", help="0 takes any free one.")] = _DEFAULT_PORT,
    host: Annotated[
        str, typer.Option(metavar="H", help="Where to listen; another address than this machine's own needs a token.")
    ] = "127.0.0.1",
    token: Annotated[
        str,
        typer.Option(metavar="T", envvar="WIZARD_TOKEN", help="What clients must know (as an API key)."),
    ] = "",
    model: Model = None,
    adapter: Adapter = None,
) -> None:
    """Serve the model to editors and scripts until Ctrl-C.

    OpenAI's /v1/chat/completions, /v1/completions and /v1/models, and llama.cpp's /infill, /tokenize and /health.
    llama.vim finds it without any setting. Only this machine can reach it unless --host says otherwise.

    For OpenAI's clients: OPENAI_BASE_URL=http://127.0.0.1:8012/v1
    """
    from assistant.cli.adapters import read_adapters
    from assistant.config import load_config
    from assistant.models.library import find_model, model_name
    from assistant.models.running import model_spec
    from assistant.server.guard import Rules
    from assistant.server.run import bind
    from assistant.server.run import serve as serve_on

    config = load_config(model=model)
    path = find_model("", config)
    name = model_name(path, config)
    spec = model_spec(path, config, read_adapters(adapter))
    listening = bind(host, port, token)
    say(f"loading {name} …")

    def ready(address: str) -> None:
        guarded = ", with the token" if token else ""
        say(f"{name} answers at {address}{guarded}; Ctrl-C ends it")

    serve_on(listening, Rules(host=host, token=token), spec, name, config, ready)
    say("ended")
