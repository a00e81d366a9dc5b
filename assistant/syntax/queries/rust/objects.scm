; Text objects of Rust: what "inside" and "around" select.

(function_item body: (_) @function.inside) @function.around
(closure_expression body: (_) @function.inside) @function.around
(struct_item body: (_) @class.inside) @class.around
(enum_item body: (_) @class.inside) @class.around
(union_item body: (_) @class.inside) @class.around
(trait_item body: (_) @class.inside) @class.around
(impl_item body: (_) @class.inside) @class.around

(parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(closure_parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(type_parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(arguments ((_) @parameter.inside @parameter.around . ","? @parameter.around))

[(line_comment) (block_comment)] @comment.inside @comment.around

(((attribute_item (attribute [(identifier) @_word (scoped_identifier name: (identifier) @_word)])) @test.around
  . (attribute_item)* @test.around . (line_comment)* @test.around .
  (function_item body: (block) @test.inside) @test.around)
  (#any-of? @_word "test" "rstest" "bench"))
