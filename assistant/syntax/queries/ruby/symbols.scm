; What a Ruby file defines, and the names it uses.

(method name: (_) @name body: (_)? @body) @function
(singleton_method name: (_) @name body: (_)? @body) @method
(class body: (body_statement (method name: (_) @name body: (_)? @body) @method))
(module body: (body_statement (method name: (_) @name body: (_)? @body) @method))
(singleton_class body: (body_statement (method name: (_) @name body: (_)? @body) @method))
(class body: (body_statement (call arguments: (argument_list (method name: (_) @name body: (_)? @body) @method))))
(class name: [(constant) (scope_resolution)] @path body: (_)? @body) @class
(module name: [(constant) (scope_resolution)] @path body: (_)? @body) @module
(assignment left: (constant) @name) @constant

((method name: (identifier) @name body: (_)? @body) @test (#match? @name "^test_"))
((call method: (identifier) @_word
  arguments: (argument_list . (string (string_content) @name))
  block: (_ body: (_) @body)) @test
  (#any-of? @_word "describe" "context" "it" "specify" "feature" "scenario" "test"))

(call !receiver method: (identifier) @reference)
(call receiver: (_) method: (identifier) @reference.member)
(superclass (constant) @reference)
(scope_resolution name: (constant) @reference)
(call receiver: (constant) @reference)
