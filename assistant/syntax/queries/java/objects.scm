; Text objects of Java: what "inside" and "around" select.

(method_declaration body: (block) @function.inside) @function.around
(constructor_declaration body: (_) @function.inside) @function.around
(lambda_expression body: (_) @function.inside) @function.around
(class_declaration body: (_) @class.inside) @class.around
(record_declaration body: (_) @class.inside) @class.around
(interface_declaration body: (_) @class.inside) @class.around
(enum_declaration body: (_) @class.inside) @class.around

(formal_parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(argument_list ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(type_parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))

[(line_comment) (block_comment)] @comment.inside @comment.around

((method_declaration
  (modifiers [(marker_annotation name: (identifier) @_word) (annotation name: (identifier) @_word)])
  body: (block) @test.inside) @test.around
  (#any-of? @_word "Test" "ParameterizedTest" "RepeatedTest" "TestFactory"))
