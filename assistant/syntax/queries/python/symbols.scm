; What a Python file defines, and the names it uses.

(function_definition name: (identifier) @name body: (block) @body) @function
(class_definition name: (identifier) @name body: (block) @body) @class
(class_definition body: (block
  (function_definition name: (identifier) @name body: (block) @body) @method))
(class_definition body: (block
  (decorated_definition (function_definition name: (identifier) @name body: (block) @body) @method)))
(type_alias_statement left: (type (identifier) @name)) @type

(class_definition body: (block (expression_statement (assignment left: (identifier) @name) @field)))
(module (expression_statement (assignment left: (identifier) @name) @variable))
((module (expression_statement (assignment left: (identifier) @name) @constant))
  (#match? @name "^_*[A-Z][A-Z0-9_]*$"))

(call function: (identifier) @reference)
(call function: (attribute attribute: (identifier) @reference.member))
(class_definition superclasses: (argument_list (identifier) @reference))
(class_definition superclasses: (argument_list (attribute attribute: (identifier) @reference)))
(decorator (identifier) @reference)
(decorator (attribute attribute: (identifier) @reference))
(type (identifier) @reference)
(import_from_statement name: (dotted_name (identifier) @reference))
