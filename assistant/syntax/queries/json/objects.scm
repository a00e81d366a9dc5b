; Text objects of JSON: an object is a class, a pair or an item a parameter.

(object) @class.around @class.inside
(object ((pair value: (_) @parameter.inside) @parameter.around . ","? @parameter.around))
(array ((_) @parameter.inside @parameter.around . ","? @parameter.around))

(comment) @comment.inside @comment.around
