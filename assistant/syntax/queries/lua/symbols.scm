; What a Lua file defines, and the names it uses.

(function_declaration name: (identifier) @name body: (_)? @body) @function
(function_declaration name: [(dot_index_expression) (method_index_expression)] @path body: (_)? @body) @method
(assignment_statement
  (variable_list . name: (identifier) @name .)
  (expression_list . value: (function_definition body: (_)? @body) .)) @function
(assignment_statement
  (variable_list . name: (dot_index_expression) @path .)
  (expression_list . value: (function_definition body: (_)? @body) .)) @method
(field name: (identifier) @name value: (function_definition body: (_)? @body)) @method
(chunk (variable_declaration (assignment_statement
  (variable_list . name: (identifier) @name .)
  (expression_list . value: [(number) (string) (table_constructor) (function_call)] .))) @variable)
((chunk (variable_declaration (assignment_statement (variable_list . name: (identifier) @name .)
  (expression_list . value: [(number) (string) (table_constructor)] .))) @constant)
  (#match? @name "^[A-Z][A-Z0-9_]+$"))
((function_call name: (identifier) @_word
  arguments: (arguments . (string content: (string_content) @name)
    (function_definition body: (_) @body))) @test
  (#any-of? @_word "describe" "context" "it" "test"))

(function_call name: (identifier) @reference)
(function_call name: (dot_index_expression field: (identifier) @reference))
(function_call name: (method_index_expression method: (identifier) @reference.member))
