; Text objects of HTML: an element is a class, a script a function, an attribute a parameter.

(element . (start_tag) (_)* @class.inside . (end_tag)) @class.around
(script_element (raw_text) @function.inside) @function.around
(style_element (raw_text) @function.inside) @function.around
(attribute [(quoted_attribute_value (attribute_value) @parameter.inside) (attribute_value) @parameter.inside])
  @parameter.around

(comment) @comment.inside @comment.around
