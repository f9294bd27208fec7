"""Bodies: their shape, bones, skin and joints."""
