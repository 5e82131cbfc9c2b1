//! The gate against a real server on loopback that shows and sends every byte.

mod answers;
mod bodies;
mod names;
mod packed;
mod sent;
mod tls;
mod waits;
mod wire;
