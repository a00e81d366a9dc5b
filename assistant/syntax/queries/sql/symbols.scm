; What a SQL script creates, and the names it uses.

(create_table (object_reference) @path (column_definitions)? @body) @type
(create_view (object_reference) @path (create_query) @body) @type
(create_materialized_view (object_reference) @path (create_query) @body) @type
(create_type (object_reference) @path) @type
(create_function (keyword_function) . (object_reference) @path (function_body) @body) @function
(create_trigger . (keyword_create) . (keyword_trigger) . (object_reference) @path) @function
(create_procedure (keyword_procedure) . (object_reference) @path (procedure_body) @body) @function
(create_sequence (object_reference) @path) @variable
(create_schema (identifier) @name) @module
(create_index column: (identifier) @name) @key

(relation (object_reference name: (identifier) @reference))
(invocation (object_reference name: (identifier) @reference))
