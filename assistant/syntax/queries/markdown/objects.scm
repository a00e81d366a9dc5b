; Text objects of Markdown: a section is a class, a fenced block a function, a list item a parameter.

(section . (atx_heading) (_)+ @class.inside) @class.around
(fenced_code_block (code_fence_content) @function.inside) @function.around
(list_item (paragraph) @parameter.inside) @parameter.around
(html_block) @comment.inside @comment.around
