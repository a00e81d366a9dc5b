; Text objects of CSS: a rule is a class, a declaration within it a parameter.

(rule_set (block) @class.inside) @class.around
(media_statement (block) @class.inside) @class.around
(keyframes_statement (keyframe_block_list) @class.inside) @class.around
(at_rule (block) @class.inside) @class.around
(declaration (property_name) . (_)+ @parameter.inside) @parameter.around
(arguments ((_) @parameter.inside @parameter.around . ","? @parameter.around))

(comment) @comment.inside @comment.around
