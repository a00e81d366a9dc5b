; Text objects of Kotlin: what "inside" and "around" select.

(function_declaration (function_body) @function.inside) @function.around
(lambda_literal) @function.inside @function.around
(class_declaration [(class_body) (enum_class_body)] @class.inside) @class.around
(object_declaration (class_body) @class.inside) @class.around
(companion_object (class_body) @class.inside) @class.around

(function_value_parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(class_parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(value_arguments ((_) @parameter.inside @parameter.around . ","? @parameter.around))

[(line_comment) (block_comment)] @comment.inside @comment.around

((function_declaration (modifiers (annotation (user_type (identifier) @_word)))
  (function_body) @test.inside) @test.around
  (#any-of? @_word "Test" "ParameterizedTest"))
