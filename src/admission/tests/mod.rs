//! What the gate decides, and what holds whatever happens at it.
