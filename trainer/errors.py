"""What a person is told when a stage of the training cannot go on; the fields are those of `assistant.errors`."""

from assistant.errors import AssistantError


class TrainerError(AssistantError):
    """A stage cannot be done: what, why, and what helps."""
