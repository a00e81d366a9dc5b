; The sections of a Markdown page, named by their headings.

(section . (atx_heading heading_content: (inline) @name)) @section
