; Text objects that TypeScript adds to JavaScript's.

(abstract_class_declaration body: (_) @class.inside) @class.around
(interface_declaration body: (_) @class.inside) @class.around
(enum_declaration body: (_) @class.inside) @class.around
(internal_module body: (_) @class.inside) @class.around

(type_parameters ((_) @parameter.inside @parameter.around . ","? @parameter.around))
(type_arguments ((_) @parameter.inside @parameter.around . ","? @parameter.around))
