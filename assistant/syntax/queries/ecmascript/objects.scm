; Text objects of JavaScript and TypeScript: what "inside" and "around" select.

(function_declaration body: (_) @function.inside) @function.around
(generator_function_declaration body: (_) @function.inside) @function.around
(function_expression body: (_) @function.inside) @function.around
(arrow_function body: (_) @function.inside) @function.around
(method_definition body: (_) @function.inside) @function.around
(class_declaration body: (_) @class.inside) @class.around
(class body: (_) @class.inside) @class.around

(formal_parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(arrow_function parameter: (identifier) @parameter.inside @parameter.around)
(arguments ((_) @parameter.inside @parameter.around . ","? @parameter.around))

(comment) @comment.inside @comment.around

((expression_statement (call_expression
  function: [(identifier) @_word (member_expression object: (identifier) @_word)]
  arguments: (arguments . (string)
    [(arrow_function body: (_) @test.inside) (function_expression body: (_) @test.inside)]))) @test.around
  (#any-of? @_word "describe" "it" "test" "suite" "context"))
