"""What a person is shown of an evolution: a preview, the report and its pictures."""
