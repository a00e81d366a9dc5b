; Text objects of YAML: a mapping under a key is a class, a key with its value a parameter.

(block_mapping_pair value: (block_node) @class.inside) @class.around
(block_mapping_pair value: (_) @parameter.inside) @parameter.around
(block_sequence_item (_) @parameter.inside) @parameter.around
(flow_sequence ((_) @parameter.inside @parameter.around . ","? @parameter.around))

(comment) @comment.inside @comment.around
