"""How text, code and curves become rows on a terminal; decides nothing and asks nobody."""
