-- Holds cookies.
CREATE TABLE jar (
    id INTEGER PRIMARY KEY,
    size INTEGER NOT NULL
);

CREATE VIEW open_jars AS
SELECT id FROM jar WHERE size > 0;

CREATE INDEX jar_size ON jar (size);

CREATE FUNCTION fill(count INTEGER) RETURNS INTEGER AS $$
    SELECT count + 1;
$$ LANGUAGE sql;

SELECT fill(2) FROM open_jars;
