; What TypeScript adds to JavaScript.

(function_signature name: (identifier) @name) @function
(abstract_class_declaration name: (_) @name body: (_) @body) @class
(abstract_method_signature name: (_) @name) @method
(interface_declaration name: (_) @name body: (_) @body) @type
(type_alias_declaration name: (_) @name value: (_) @body) @type
(enum_declaration name: (_) @name body: (_) @body) @type
(internal_module name: (_) @name body: (_) @body) @module
(module name: (_) @name body: (_) @body) @module
(public_field_definition name: (_) @name) @field
(property_signature name: (_) @name) @field
(method_signature name: (_) @name) @method
(public_field_definition name: (_) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @method
(program (lexical_declaration kind: "const" . (variable_declarator name: (identifier) @name
  value: [(as_expression) (satisfies_expression)]) .) @constant)
(program (export_statement (lexical_declaration kind: "const" . (variable_declarator name: (identifier) @name
  value: [(as_expression) (satisfies_expression)]) .) @constant))

(type_annotation (type_identifier) @reference)
(type_arguments (type_identifier) @reference)
(generic_type name: (type_identifier) @reference)
(implements_clause (type_identifier) @reference)
(extends_clause value: (identifier) @reference)
