; Text objects of SQL: a table is a class, a column or an argument a parameter.

(create_function (function_body) @function.inside) @function.around
(create_table (column_definitions) @class.inside) @class.around
(create_view (create_query) @class.inside) @class.around
(column_definitions ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(function_arguments ((_) @parameter.inside @parameter.around . ","? @parameter.around))

[(comment) (marginalia)] @comment.inside @comment.around
