; What JSX adds: a component that is drawn is a name that is used.

(jsx_opening_element name: (identifier) @reference)
(jsx_self_closing_element name: (identifier) @reference)
