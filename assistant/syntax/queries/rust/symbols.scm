; What a Rust file defines, and the names it uses. An impl lends its type's name to what is within.

(function_item name: (identifier) @name body: (block) @body) @function
(impl_item type: [
  (type_identifier) @name
  (generic_type type: (type_identifier) @name)
  (scoped_type_identifier name: (type_identifier) @name)
  (reference_type type: (type_identifier) @name)
  (generic_type type: (scoped_type_identifier name: (type_identifier) @name))]) @scope
(impl_item body: (declaration_list (function_item name: (identifier) @name body: (block) @body) @method))
(trait_item body: (declaration_list (function_item name: (identifier) @name body: (block) @body) @method))
(trait_item body: (declaration_list (function_signature_item name: (identifier) @name) @method))
(foreign_mod_item body: (declaration_list (function_signature_item name: (identifier) @name) @function))
(struct_item name: (type_identifier) @name body: (_)? @body) @type
(field_declaration name: (field_identifier) @name) @field
(enum_item name: (type_identifier) @name body: (_) @body) @type
(union_item name: (type_identifier) @name body: (_) @body) @type
(trait_item name: (type_identifier) @name body: (_) @body) @type
(type_item name: (type_identifier) @name) @type
(const_item name: (identifier) @name) @constant
(static_item name: (identifier) @name) @constant
(macro_definition name: (identifier) @name) @function
(mod_item name: (identifier) @name body: (_) @body) @module

(((attribute_item (attribute [(identifier) @_word (scoped_identifier name: (identifier) @_word)]))
  . (attribute_item)* . (line_comment)* .
  (function_item name: (identifier) @name body: (block) @body) @test)
  (#any-of? @_word "test" "rstest" "bench"))

(call_expression function: [
  (identifier) @reference
  (scoped_identifier name: (identifier) @reference)
  (field_expression field: (field_identifier) @reference.member)
  (generic_function function: (identifier) @reference)])
(macro_invocation macro: (identifier) @reference)
(type_identifier) @reference
