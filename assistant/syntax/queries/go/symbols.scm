; What a Go file defines, and the names it uses. A method bears the name of its receiver's type.

(function_declaration name: (identifier) @name body: (block)? @body) @function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @receiver
    (pointer_type (type_identifier) @receiver)
    (generic_type type: (type_identifier) @receiver)
    (pointer_type (generic_type type: (type_identifier) @receiver))]))
  name: (field_identifier) @name body: (block)? @body) @method

(field_declaration name: (field_identifier) @name) @field
(method_elem name: (field_identifier) @name) @method
(type_spec name: (type_identifier) @name type: (_) @body) @type
(type_alias name: (type_identifier) @name) @type
(type_declaration . (type_spec name: (type_identifier) @name type: (_) @body) .) @type
(type_declaration . (type_alias name: (type_identifier) @name) .) @type

(source_file (const_declaration (const_spec name: (identifier) @name) @constant))
(source_file (const_declaration . (const_spec name: (identifier) @name) .) @constant)
(source_file (var_declaration (var_spec name: (identifier) @name) @variable))
(source_file (var_declaration . (var_spec name: (identifier) @name) .) @variable)
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @name) @variable)))

((function_declaration name: (identifier) @name
  parameters: (parameter_list (parameter_declaration type: (pointer_type (qualified_type) @_type)))
  body: (block) @body) @test
  (#match? @name "^(Test|Benchmark|Fuzz)")
  (#match? @_type "^testing\\."))

(call_expression function: (identifier) @reference)
(call_expression function: (selector_expression field: (field_identifier) @reference.member))
(type_identifier) @reference
