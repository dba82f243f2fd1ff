"""Programs that somebody else could have written, in plain torch: broken ones and healthy ones."""
