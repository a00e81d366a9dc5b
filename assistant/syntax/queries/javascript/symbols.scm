; What only JavaScript's grammar knows.

(field_definition property: (_) @name) @field
(field_definition property: (_) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @method

(class_heritage (identifier) @reference)
(class_heritage (member_expression property: (property_identifier) @reference))
