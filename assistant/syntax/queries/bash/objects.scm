; Text objects of shell scripts: what "inside" and "around" select. A command's arguments are its parameters.

(function_definition body: (_) @function.inside) @function.around
(command argument: (_) @parameter.inside @parameter.around)

(comment) @comment.inside @comment.around

((function_definition name: (word) @_name body: (_) @test.inside) @test.around (#match? @_name "^test"))
