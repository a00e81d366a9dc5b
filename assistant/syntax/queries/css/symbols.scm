; The rules of a style sheet, named by what they select.

(rule_set (selectors) @name (block) @body) @rule
(media_statement [(feature_query) (binary_query) (keyword_query) (parenthesized_query)] @name (block) @body) @rule
(supports_statement (_) @name . (block) @body) @rule
(keyframes_statement (keyframes_name) @name (_) @body) @rule
(at_rule (at_keyword) @name (block) @body) @rule
((declaration (property_name) @name) @variable (#match? @name "^--"))

(class_selector (class_name) @reference)
