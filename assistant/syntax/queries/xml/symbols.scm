; The elements of an XML document that have a name or an id.

((element [
  (STag (Attribute (Name) @_word (AttValue) @name))
  (EmptyElemTag (Attribute (Name) @_word (AttValue) @name))]) @element
  (#any-of? @_word "id" "name" "xml:id"))
