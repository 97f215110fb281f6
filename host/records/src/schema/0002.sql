-- The order of lists for which none is asked: by age. As the index by name, with all that filters
-- look at where the database can.
CREATE INDEX resource_by_age ON resource (kind, created, id{filtered});
