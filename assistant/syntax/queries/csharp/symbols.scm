; What a C# file defines, and the names it uses.

(class_declaration name: (identifier) @name body: (_) @body) @class
(record_declaration name: (identifier) @name body: (_)? @body) @class
(struct_declaration name: (identifier) @name body: (_)? @body) @class
(interface_declaration name: (identifier) @name body: (_) @body) @type
(enum_declaration name: (identifier) @name body: (_) @body) @type
(delegate_declaration name: (identifier) @name) @type
(namespace_declaration name: (_) @path body: (_) @body) @module
(method_declaration name: (identifier) @name body: (_)? @body) @method
(constructor_declaration name: (identifier) @name body: (_)? @body) @method
(destructor_declaration name: (identifier) @name body: (_)? @body) @method
(property_declaration name: (identifier) @name accessors: (_)? @body) @method
(local_function_statement name: (identifier) @name body: (_)? @body) @function
(field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @field
(enum_member_declaration name: (identifier) @name) @constant
((field_declaration (modifier) @_word
  (variable_declaration (variable_declarator name: (identifier) @name))) @constant
  (#eq? @_word "const"))

((method_declaration (attribute_list (attribute name: (identifier) @_word))
  name: (identifier) @name body: (_) @body) @test
  (#any-of? @_word "Fact" "Theory" "Test" "TestCase" "TestMethod" "DataTestMethod"))

(invocation_expression function: (identifier) @reference)
(invocation_expression function: (member_access_expression name: (identifier) @reference.member))
(object_creation_expression type: (identifier) @reference)
(base_list (identifier) @reference)
(generic_name (identifier) @reference)
(parameter type: (identifier) @reference)
(attribute name: (identifier) @reference)
