//! Tests of what only this implementation shows.
