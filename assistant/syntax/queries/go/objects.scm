; Text objects of Go: what "inside" and "around" select.

(function_declaration body: (block) @function.inside) @function.around
(method_declaration body: (block) @function.inside) @function.around
(func_literal body: (block) @function.inside) @function.around
(type_declaration (type_spec type: [
  (struct_type (field_declaration_list) @class.inside)
  (interface_type) @class.inside])) @class.around

(parameter_list ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(argument_list ((_) @parameter.inside @parameter.around . ","? @parameter.around))

(comment) @comment.inside @comment.around

((function_declaration name: (identifier) @_name body: (block) @test.inside) @test.around
  (#match? @_name "^(Test|Benchmark|Fuzz)"))
