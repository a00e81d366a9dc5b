; The elements of an HTML page that have a name: those with an id, and head and body.

((element (start_tag (tag_name) @name)) @element (#any-of? @name "head" "body"))
((_ (start_tag (attribute (attribute_name) @_word
  [(attribute_value) @name (quoted_attribute_value (attribute_value) @name)]))) @element
  (#eq? @_word "id"))
((_ (self_closing_tag (attribute (attribute_name) @_word
  [(attribute_value) @name (quoted_attribute_value (attribute_value) @name)]))) @element
  (#eq? @_word "id"))

((attribute (attribute_name) @_word (quoted_attribute_value (attribute_value) @reference)) (#eq? @_word "class"))
