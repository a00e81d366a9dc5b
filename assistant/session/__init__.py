"""The assistant without a screen: a conversation on one folder, its turns and their events, stored as they happen."""
