; What a PHP file defines, and the names it uses.

(function_definition name: (name) @name body: (_) @body) @function
(class_declaration name: (name) @name body: (_) @body) @class
(interface_declaration name: (name) @name body: (_) @body) @type
(trait_declaration name: (name) @name body: (_) @body) @type
(enum_declaration name: (name) @name body: (_) @body) @type
(namespace_definition name: (namespace_name) @path body: (_) @body) @module
(method_declaration name: (name) @name body: (_)? @body) @method
(property_declaration (property_element name: (variable_name) @name)) @field
(enum_case name: (name) @name) @constant
(const_declaration (const_element . (name) @name)) @constant

((method_declaration name: (name) @name body: (_) @body) @test (#match? @name "^test"))
((method_declaration attributes: (attribute_list (attribute_group (attribute (name) @_word)))
  name: (name) @name body: (_) @body) @test (#eq? @_word "Test"))

(function_call_expression function: (name) @reference)
(member_call_expression name: (name) @reference.member)
(scoped_call_expression scope: (name) @reference)
(scoped_call_expression name: (name) @reference.member)
(object_creation_expression (name) @reference)
(base_clause (name) @reference)
(class_interface_clause (name) @reference)
(named_type (name) @reference)
