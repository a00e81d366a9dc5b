; The keys of a YAML document.

(block_mapping_pair key: (_) @name value: (_)? @body) @key
(flow_pair key: (_) @name value: (_)? @body) @key
