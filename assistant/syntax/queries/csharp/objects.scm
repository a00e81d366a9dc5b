; Text objects of C#: what "inside" and "around" select.

(method_declaration body: (_) @function.inside) @function.around
(constructor_declaration body: (_) @function.inside) @function.around
(local_function_statement body: (_) @function.inside) @function.around
(property_declaration accessors: (_) @function.inside) @function.around
(lambda_expression body: (_) @function.inside) @function.around
(class_declaration body: (_) @class.inside) @class.around
(struct_declaration body: (_) @class.inside) @class.around
(record_declaration body: (_) @class.inside) @class.around
(interface_declaration body: (_) @class.inside) @class.around
(enum_declaration body: (_) @class.inside) @class.around

(parameter_list ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(argument_list ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(type_parameter_list ((_) @parameter.inside @parameter.around . ","? @parameter.around))

(comment) @comment.inside @comment.around

((method_declaration (attribute_list (attribute name: (identifier) @_word)) body: (_) @test.inside) @test.around
  (#any-of? @_word "Fact" "Theory" "Test" "TestCase" "TestMethod" "DataTestMethod"))
