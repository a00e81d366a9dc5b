; Text objects of Scala: what "inside" and "around" select.

(function_definition body: (_) @function.inside) @function.around
(lambda_expression (_) @function.inside .) @function.around
(class_definition body: (_) @class.inside) @class.around
(object_definition body: (_) @class.inside) @class.around
(trait_definition body: (_) @class.inside) @class.around
(enum_definition body: (_) @class.inside) @class.around

(parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(class_parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(arguments ((_) @parameter.inside @parameter.around . ","? @parameter.around))

[(comment) (block_comment)] @comment.inside @comment.around
