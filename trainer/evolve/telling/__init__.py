"""What a person is shown of an evolution: a preview, counts while it runs, the report and its pictures."""
