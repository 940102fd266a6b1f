"""Ground floor: numbers in, frozen evidence out. No I/O, no clock, no log, no hidden chance."""
