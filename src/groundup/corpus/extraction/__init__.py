"""From the bytes of a page to its main text: decoding, refusing what is hostile, extracting, and what the page says."""
