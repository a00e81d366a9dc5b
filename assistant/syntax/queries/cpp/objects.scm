; Text objects that C++ adds to C's.

(lambda_expression body: (_) @function.inside) @function.around
(class_specifier body: (_) @class.inside) @class.around
(namespace_definition body: (_) @class.inside) @class.around

(template_parameter_list ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(template_argument_list ((_) @parameter.inside @parameter.around . ","? @parameter.around))
