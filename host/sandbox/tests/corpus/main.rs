//! The hostile corpus: components written to break the sandbox, each with the end that it must meet (the ids are the threat model's),
//! and after each the standing conditions: this process lives, every slot of the pool is free again, no guest thread is busy.

mod cpu;
mod fixture;
mod floods;
mod memory;
mod refused;
mod socket;
mod stack_and_tables;
mod tenants;
