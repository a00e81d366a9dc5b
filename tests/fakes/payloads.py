"""Hostile text: what a model, a file, a name or a GGUF field may hold to take over a terminal or a widget.

`PAYLOADS` maps a short name to the text. Every one of them, shown anywhere, must reach the terminal as visible
characters only: `raw_controls` finds what did not. `MARKUP` holds text that is harmless as characters and dangerous
as markup.
"""

from __future__ import annotations

import re

ESC = "\x1b"
BEL = "\x07"
ST = ESC + "\\"

PAYLOADS: dict[str, str] = {
    "csi colour": f"{ESC}[31mred{ESC}[0m",
    "csi clear screen": f"{ESC}[2J{ESC}[H",
    "csi cursor up": f"{ESC}[5A over",
    "csi hide cursor": f"{ESC}[?25l",
    "csi mouse off": f"{ESC}[?1000l",
    "csi leave alternate screen": f"{ESC}[?1049l",
    "csi report position": f"{ESC}[6n",
    "csi device attributes": f"{ESC}[c",
    "csi window title report": f"{ESC}[21t",
    "csi scroll region": f"{ESC}[1;2r",
    "csi insert mode": f"{ESC}[4h",
    "csi synchronized output": f"{ESC}[?2026h",
    "csi bracketed paste end": f"{ESC}[201~rm -rf ~\n",
    "esc reset": f"{ESC}c",
    "esc charset": f"{ESC}(0lqqk",
    "esc keypad": f"{ESC}=",
    "esc single": ESC,
    "esc index": f"{ESC}D{ESC}M",
    "osc title": f"{ESC}]0;owned{BEL}",
    "osc title st": f"{ESC}]2;owned{ST}",
    "osc hyperlink": f"{ESC}]8;;https://evil.example{ST}click{ESC}]8;;{ST}",
    "osc clipboard": f"{ESC}]52;c;UFdORUQ={BEL}",
    "osc clipboard read": f"{ESC}]52;c;?{BEL}",
    "osc colour": f"{ESC}]11;#ff0000{BEL}",
    "osc notify": f"{ESC}]9;hello{BEL}",
    "osc iterm": f"{ESC}]1337;File=name=eA==:AAAA{BEL}",
    "osc unterminated": f"{ESC}]0;never ends",
    "dcs tmux passthrough": f"{ESC}Ptmux;{ESC}{ESC}]52;c;UFdORUQ={BEL}{ST}",
    "dcs sixel": f"{ESC}Pq#0;2;0;0;0~-{ST}",
    "dcs decrqss": f"{ESC}P$q q{ST}",
    "apc": f"{ESC}_Gf=24;AAAA{ST}",
    "pm": f"{ESC}^private{ST}",
    "c1 csi": "\x9b31mred",
    "c1 osc": "\x9d0;owned\x9c",
    "c1 dcs": "\x90q\x9c",
    "c1 nel": "one\x85two",
    "bel": f"ding{BEL}",
    "backspace": "safe\b\b\b\bevil",
    "carriage return": "harmless\rrm -rf ~  ",
    "vertical tab and form feed": "a\x0bb\x0cc",
    "shift out": "\x0elqqk\x0f",
    "nul": "nul\x00nul",
    "delete": "del\x7fdel",
    "enq": "\x05",
    "bidi override": "if access \u202e}{ nimda == resu",
    "bidi isolate": "\u2066admin\u2069\u2067",
    "bidi marks": "a\u200eb\u200fc\u061cd",
    "zero width": "pay\u200bpal\u2060.com\ufeff",
    "line separator": "one\u2028two\u2029three",
    "tag characters": "hi\U000e0041\U000e0042",
    "interlinear": "\ufff9anno\ufffatation\ufffb",
    "lone surrogate": "half \ud83d of a pair",
}

MARKUP: dict[str, str] = {
    "click action": "[@click=app.quit]press me[/]",
    "click screen action": "[@click=screen.dismiss]press me[/]",
    "link": "[link=https://evil.example]docs[/link]",
    "colour": "[red on white]warning[/]",
    "unbalanced open": "[bold",
    "unbalanced close": "[/nothing]",
    "bracket soup": "[[/]][]][$primary]x",
    "markdown link": "[docs](javascript:app.quit)",
    "markdown action link": "[docs](') or app.quit(')",
    "markdown image": "![x](file:///etc/passwd)",
    "html": "<script>alert(1)</script><b>bold</b>",
    "entity escape": "&#27;]52;c;UFdORUQ=&#7; &#x202e;evil",
}

# What no program of the house may write of untrusted text: C0 but tab and line feed, DEL, C1, and the invisible.
_RAW = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)


def raw_controls(text: str) -> list[str]:
    """The characters of `text` that should not have reached a terminal."""
    return _RAW.findall(text)
