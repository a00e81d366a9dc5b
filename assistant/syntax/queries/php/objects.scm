; Text objects of PHP: what "inside" and "around" select.

(function_definition body: (_) @function.inside) @function.around
(method_declaration body: (_) @function.inside) @function.around
(anonymous_function body: (_) @function.inside) @function.around
(arrow_function body: (_) @function.inside) @function.around
(class_declaration body: (_) @class.inside) @class.around
(interface_declaration body: (_) @class.inside) @class.around
(trait_declaration body: (_) @class.inside) @class.around
(enum_declaration body: (_) @class.inside) @class.around

(formal_parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(arguments ((_) @parameter.inside @parameter.around . ","? @parameter.around))

(comment) @comment.inside @comment.around

((method_declaration name: (name) @_name body: (_) @test.inside) @test.around (#match? @_name "^test"))
