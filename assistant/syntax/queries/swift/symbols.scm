; What a Swift file defines, and the names it uses. An extension lends its type's name to what is within.

; Functions are captured bare: patterns that look into them take half a second each to compile with this grammar.
(function_declaration) @function
(class_body (function_declaration) @method)
(enum_class_body (function_declaration) @method)
(protocol_function_declaration name: (simple_identifier) @name) @method
(init_declaration "init" @name body: (_)? @body) @method
(class_declaration name: (type_identifier) @name body: (class_body) @body) @class
(class_declaration name: (type_identifier) @name body: (enum_class_body) @body) @type
(class_declaration "extension" name: (user_type . (type_identifier) @name)) @scope
(protocol_declaration name: (type_identifier) @name body: (_) @body) @type
(typealias_declaration . name: (type_identifier) @name) @type
(class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @field)
(deinit_declaration "deinit" @name body: (_)? @body) @method
(source_file (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @variable)
(source_file (property_declaration (value_binding_pattern "let")
  name: (pattern bound_identifier: (simple_identifier) @name)) @constant)

((class_body (function_declaration) @test) (#match? @test "^([^\n{(]* )?func test"))

(call_expression . (simple_identifier) @reference)
(call_expression . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @reference.member)))
(user_type (type_identifier) @reference)
