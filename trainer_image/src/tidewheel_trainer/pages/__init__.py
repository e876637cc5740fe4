"""Pages for people: markup, drawing and looks that every report shares. No script, no network."""
