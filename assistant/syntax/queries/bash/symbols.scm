; What a shell script defines, and the commands it uses.

(function_definition name: (word) @name body: (_) @body) @function
(program (variable_assignment name: (variable_name) @name) @variable)
(program (declaration_command (variable_assignment name: (variable_name) @name)) @variable)
((program (declaration_command "readonly" (variable_assignment name: (variable_name) @name)) @constant))
((function_definition name: (word) @name body: (_) @body) @test (#match? @name "^test"))

(command name: (command_name (word) @reference))
