-- Values under names, for conditions: a JSON object.
ALTER TABLE workspaces ADD COLUMN variables TEXT NOT NULL DEFAULT '{}';
