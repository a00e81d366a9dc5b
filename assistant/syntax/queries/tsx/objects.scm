; Text objects that JSX adds: what is passed to a component.

(jsx_attribute) @parameter.inside @parameter.around
