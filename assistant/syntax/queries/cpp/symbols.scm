; What C++ adds to C.

(class_specifier name: (_) @name body: (_) @body) @class
(struct_specifier name: (_) @name body: (_) @body) @class
(namespace_definition name: (_) @name body: (_) @body) @module
(alias_declaration name: (type_identifier) @name) @type
(concept_definition name: (identifier) @name) @type
(field_declaration_list (function_definition
  declarator: (function_declarator declarator: (identifier) @name) body: (_)? @body) @method)
(function_definition declarator: [
  (function_declarator declarator: [(field_identifier) (destructor_name) (operator_name)] @name)
  (pointer_declarator declarator: (function_declarator declarator: [(field_identifier) (operator_name)] @name))
  (reference_declarator (function_declarator declarator: [(field_identifier) (operator_name)] @name))]
  body: (_)? @body) @method
(field_declaration declarator: (reference_declarator (field_identifier) @name)) @field
(field_declaration declarator: [
  (function_declarator declarator: (field_identifier) @name)
  (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @name))
  (reference_declarator (function_declarator declarator: (field_identifier) @name))]) @method
(field_declaration_list (declaration
  declarator: (function_declarator declarator: [(identifier) (destructor_name)] @name)) @method)
(function_definition declarator: (reference_declarator
  (function_declarator declarator: (identifier) @name)) body: (_) @body) @function
(function_definition declarator: [
  (function_declarator declarator: (qualified_identifier) @path)
  (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier) @path))
  (reference_declarator (function_declarator declarator: (qualified_identifier) @path))]
  body: (_)? @body) @method
((namespace_definition body: (declaration_list (declaration (type_qualifier) @_word
  declarator: (init_declarator declarator: (identifier) @name)) @constant))
  (#any-of? @_word "const" "constexpr" "constinit"))

((function_definition declarator: (function_declarator declarator: (identifier) @_word
  parameters: (parameter_list
    . (parameter_declaration type: (type_identifier) @receiver)
    . (parameter_declaration type: (type_identifier) @name)))
  body: (_) @body) @test
  (#any-of? @_word "TEST" "TEST_F" "TEST_P" "TYPED_TEST"))

(call_expression function: (qualified_identifier name: (identifier) @reference))
(call_expression function: (template_function name: (identifier) @reference))
