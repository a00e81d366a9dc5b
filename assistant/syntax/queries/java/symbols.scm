; What a Java file defines, and the names it uses.

(class_declaration name: (identifier) @name body: (_) @body) @class
(record_declaration name: (identifier) @name body: (_) @body) @class
(interface_declaration name: (identifier) @name body: (_) @body) @type
(enum_declaration name: (identifier) @name body: (_) @body) @type
(annotation_type_declaration name: (identifier) @name body: (_) @body) @type
(method_declaration name: (identifier) @name body: (block)? @body) @method
(constructor_declaration name: (identifier) @name body: (_) @body) @method
(compact_constructor_declaration name: (identifier) @name body: (_) @body) @method
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @field
(enum_constant name: (identifier) @name) @constant
((field_declaration (modifiers) @_words declarator: (variable_declarator name: (identifier) @name)) @constant
  (#match? @_words "static") (#match? @_words "final"))
(constant_declaration declarator: (variable_declarator name: (identifier) @name)) @constant

((method_declaration
  (modifiers [(marker_annotation name: (identifier) @_word) (annotation name: (identifier) @_word)])
  name: (identifier) @name body: (block) @body) @test
  (#any-of? @_word "Test" "ParameterizedTest" "RepeatedTest" "TestFactory"))

(method_invocation name: (identifier) @reference.member)
(type_identifier) @reference
(marker_annotation name: (identifier) @reference)
