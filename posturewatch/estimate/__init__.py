"""Parts of the estimate: the chain, its correction, the view from the side, the lens, the baseline's health."""
