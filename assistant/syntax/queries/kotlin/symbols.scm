; What a Kotlin file defines, and the names it uses.

(function_declaration name: (identifier) @name (function_body)? @body) @function
(class_body (function_declaration name: (identifier) @name (function_body)? @body) @method)
(enum_class_body (function_declaration name: (identifier) @name (function_body)? @body) @method)
(class_declaration name: (identifier) @name (class_body)? @body) @class
(class_declaration name: (identifier) @name (enum_class_body) @body) @type
(class_declaration "interface" name: (identifier) @name (class_body)? @body) @type
(object_declaration name: (identifier) @name (class_body)? @body) @class
(type_alias type: (identifier) @name) @type
(class_body (property_declaration (variable_declaration (identifier) @name)) @field)
(source_file (property_declaration (variable_declaration (identifier) @name)) @variable)
((property_declaration (modifiers (property_modifier) @_word) (variable_declaration (identifier) @name)) @constant
  (#eq? @_word "const"))

((function_declaration (modifiers (annotation [
    (user_type (identifier) @_word) (constructor_invocation (user_type (identifier) @_word))]))
  name: (identifier) @name (function_body) @body) @test
  (#any-of? @_word "Test" "ParameterizedTest"))

(call_expression . (identifier) @reference)
(call_expression . (navigation_expression (identifier) @reference.member .))
(user_type (identifier) @reference)
