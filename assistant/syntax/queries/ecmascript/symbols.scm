; What JavaScript and TypeScript have in common: definitions, and the names that are used.

(function_declaration name: (identifier) @name body: (_) @body) @function
(generator_function_declaration name: (identifier) @name body: (_) @body) @function
(class_declaration name: (_) @name body: (_) @body) @class
(method_definition name: (_) @name body: (_) @body) @method

; const f = () => …: one definition a declaration, or one of several.
(variable_declarator name: (identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @function
(_ . (variable_declarator name: (identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) .) @function
(variable_declarator name: (identifier) @name value: (class body: (_) @body)) @class
(_ . (variable_declarator name: (identifier) @name value: (class body: (_) @body)) .) @class
(expression_statement (assignment_expression left: (member_expression) @path
  right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])) @function
(pair key: (property_identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @method

(program (lexical_declaration kind: "const" . (variable_declarator name: (identifier) @name
  value: [(number) (string) (template_string) (object) (array) (call_expression) (new_expression) (identifier)
    (member_expression) (binary_expression) (unary_expression) (true) (false) (null) (regex) (await_expression)]
) .) @constant)
(program (export_statement (lexical_declaration kind: "const" . (variable_declarator name: (identifier) @name
  value: [(number) (string) (template_string) (object) (array) (call_expression) (new_expression) (identifier)
    (member_expression) (binary_expression) (unary_expression) (true) (false) (null) (regex) (await_expression)]
) .) @constant))
(program (lexical_declaration kind: "let" . (variable_declarator name: (identifier) @name) .) @variable)
(program (variable_declaration . (variable_declarator name: (identifier) @name
  value: [(number) (string) (object) (array) (call_expression)]) .) @variable)

((expression_statement (call_expression
  function: [(identifier) @_word (member_expression object: (identifier) @_word)]
  arguments: (arguments . (string (string_fragment) @name)
    [(arrow_function body: (_) @body) (function_expression body: (_) @body)]))) @test
  (#any-of? @_word "describe" "it" "test" "suite" "context"))

(call_expression function: (identifier) @reference)
(call_expression function: (member_expression property: (property_identifier) @reference.member))
(new_expression constructor: (identifier) @reference)
(import_specifier name: (identifier) @reference)
