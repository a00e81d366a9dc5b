; Text objects of Ruby: what "inside" and "around" select.

(method body: (_) @function.inside) @function.around
(singleton_method body: (_) @function.inside) @function.around
(lambda body: (_) @function.inside) @function.around
(do_block body: (_) @function.inside) @function.around
(block body: (_) @function.inside) @function.around
(class body: (_) @class.inside) @class.around
(module body: (_) @class.inside) @class.around
(singleton_class body: (_) @class.inside) @class.around

(method_parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(block_parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(argument_list ((_) @parameter.inside @parameter.around . ","? @parameter.around))

(comment) @comment.inside @comment.around

((method name: (identifier) @_name body: (_) @test.inside) @test.around (#match? @_name "^test_"))
((call method: (identifier) @_name arguments: (argument_list . (string))
  block: (_ body: (_) @test.inside)) @test.around
  (#any-of? @_name "describe" "context" "it" "specify" "feature" "scenario" "test"))
