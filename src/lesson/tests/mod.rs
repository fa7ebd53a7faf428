//! Lessons as their class sees them.
