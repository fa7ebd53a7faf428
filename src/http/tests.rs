//! Requests against the router, without a socket: each refusal with its code and status.
