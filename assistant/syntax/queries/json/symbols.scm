; The keys of a JSON document.

(pair key: (string (string_content) @name) value: (_) @body) @key
