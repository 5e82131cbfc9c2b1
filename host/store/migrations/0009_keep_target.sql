-- What the kept answer of `setup` is of: a hash over destination, its settings, service and options. Where there is none, it is of whatever
-- is declared.
ALTER TABLE activation_states ADD COLUMN keep_target INTEGER;
