; Text objects of Lua: a table is a class.

(function_declaration body: (_) @function.inside) @function.around
(function_definition body: (_) @function.inside) @function.around
(table_constructor) @class.inside @class.around

(parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(arguments ((_) @parameter.inside @parameter.around . ","? @parameter.around))

(comment) @comment.inside @comment.around

((function_call name: (identifier) @_word
  arguments: (arguments . (string) (function_definition body: (_) @test.inside))) @test.around
  (#any-of? @_word "describe" "context" "it" "test"))
