; What a Scala file defines, and the names it uses.

(function_definition name: (_) @name body: (_) @body) @function
(function_declaration name: (_) @name) @function
(template_body (function_definition name: (_) @name body: (_) @body) @method)
(template_body (function_declaration name: (_) @name) @method)
(class_definition name: (_) @name body: (_)? @body) @class
(object_definition name: (_) @name body: (_)? @body) @class
(trait_definition name: (_) @name body: (_)? @body) @type
(enum_definition name: (_) @name body: (_) @body) @type
(type_definition name: (_) @name) @type
(template_body (val_definition pattern: (identifier) @name) @field)
(template_body (var_definition pattern: (identifier) @name) @field)
((val_definition pattern: (identifier) @name) @constant (#match? @name "^[A-Z]"))

(call_expression function: (identifier) @reference)
(call_expression function: (field_expression field: (identifier) @reference.member))
(type_identifier) @reference
