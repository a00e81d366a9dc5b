; Text objects of C: what "inside" and "around" select. C++ reads this too.

(function_definition body: (_) @function.inside) @function.around
(struct_specifier body: (_) @class.inside) @class.around
(union_specifier body: (_) @class.inside) @class.around
(enum_specifier body: (_) @class.inside) @class.around

(parameter_list ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(argument_list ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(preproc_params ((_) @parameter.inside @parameter.around . ","? @parameter.around))

(comment) @comment.inside @comment.around

((function_definition declarator: (function_declarator declarator: (identifier) @_name)
  body: (_) @test.inside) @test.around
  (#match? @_name "^test_|^(TYPED_)?TEST(_[FP])?$"))
