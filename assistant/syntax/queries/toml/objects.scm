; Text objects of TOML: a table is a class, a pair or an item a parameter.

(table (pair)+ @class.inside) @class.around
(table_array_element (pair)+ @class.inside) @class.around
(pair (_) . (_) @parameter.inside) @parameter.around
(array ((_) @parameter.inside @parameter.around . ","? @parameter.around))

(comment) @comment.inside @comment.around
