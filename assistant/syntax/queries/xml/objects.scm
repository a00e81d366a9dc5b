; Text objects of XML: an element is a class, an attribute a parameter.

(element (content) @class.inside) @class.around
(Attribute (AttValue) @parameter.inside) @parameter.around

(Comment) @comment.inside @comment.around
