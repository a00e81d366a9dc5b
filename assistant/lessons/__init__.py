"""What a person made of the model's proposals, kept on this machine with consent only, to learn from.

Read `lesson` (what one is), `consent`, `store` (`record` keeps one, if the person has agreed) and `export`.
"""

from assistant.lessons.lesson import Kept, Lesson
from assistant.lessons.store import record

__all__ = ["Kept", "Lesson", "record"]
