"""What an analysis says, as files for people and for other programs: HTML, CSV, JSON and annotated clips."""
