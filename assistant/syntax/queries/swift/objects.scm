; Text objects of Swift: what "inside" and "around" select.

(function_declaration body: (_) @function.inside) @function.around
(init_declaration body: (_) @function.inside) @function.around
(lambda_literal (statements) @function.inside) @function.around
(class_declaration body: (_) @class.inside) @class.around
(protocol_declaration body: (_) @class.inside) @class.around

((parameter) @parameter.inside @parameter.around . ","? @parameter.around)
(value_arguments ((value_argument) @parameter.inside @parameter.around . ","? @parameter.around))

[(comment) (multiline_comment)] @comment.inside @comment.around

((function_declaration name: (simple_identifier) @_name body: (_) @test.inside) @test.around
  (#match? @_name "^test"))
