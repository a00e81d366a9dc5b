; Text objects that only JavaScript has: what JSX passes to a component.

(jsx_attribute) @parameter.inside @parameter.around
