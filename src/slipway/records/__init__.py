"""The nouns of Slipway: frozen records without behaviour beyond their own consistency. No I/O."""
