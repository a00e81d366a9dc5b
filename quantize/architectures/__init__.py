"""The model architectures that can be converted: one file each, one row each in the table.

To add one, describe its metadata and tensors in a file of its own (`architecture` says how) and add its row here; the
proof against transformers runs over the table.
"""

from quantize.architectures.architecture import Architecture
from quantize.architectures.gpt2 import GPT2
from quantize.architectures.gpt_bigcode import GPT_BIGCODE
from quantize.architectures.llama import LLAMA
from quantize.architectures.qwen2 import QWEN2
from quantize.architectures.qwen3 import QWEN3
from quantize.architectures.starcoder2 import STARCODER2

ARCHITECTURES: dict[str, Architecture] = {a.model_type: a for a in (GPT_BIGCODE, STARCODER2, LLAMA, QWEN2, QWEN3, GPT2)}
