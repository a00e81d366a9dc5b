"""What a person is told when a model cannot be converted or quantized; the fields are those of `assistant.errors`."""

from assistant.errors import AssistantError


class QuantizeError(AssistantError):
    """A model cannot be converted: what, why, and what helps."""
