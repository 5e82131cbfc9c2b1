//! The commands, one file each: its options with their help, and what it does. All of them speak through `output` and `failure`.

pub(crate) mod activations;
pub(crate) mod apply;
pub(crate) mod connector;
pub(crate) mod destinations;
pub(crate) mod models;
pub(crate) mod preview;
pub(crate) mod records;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod segment;
pub(crate) mod serve;
pub(crate) mod sources;
pub(crate) mod twin;
pub(crate) mod workspaces;

use sluice_catalog::Code;

use crate::{cli::Command, exit::Exit, failure::Failure};

/// Does what the command line says.
pub(crate) fn run(command: Command) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Code::Internal, format!("The runtime does not start: {error}.")))?;
    runtime.block_on(dispatch(command))
}

async fn dispatch(command: Command) -> Result<Exit, Failure> {
    // Each future is boxed: one of them is the size of a whole server, and the others need not be.
    match command {
        Command::Serve(serve) => Box::pin(serve.run()).await,
        Command::Apply(apply) => Box::pin(apply.run()).await,
        Command::Preview(preview) => Box::pin(preview.run()).await,
        Command::Sources(sources) => Box::pin(sources.run()).await,
        Command::Models(models) => Box::pin(models.run()).await,
        Command::Segment(segment) => Box::pin(segment.run()).await,
        Command::Destinations(destinations) => Box::pin(destinations.run()).await,
        Command::Activations(activations) => Box::pin(activations.run()).await,
        Command::Run(start) => Box::pin(start.run()).await,
        Command::Runs(runs) => Box::pin(runs.run()).await,
        Command::Records(records) => Box::pin(records.run()).await,
        Command::Workspaces(workspaces) => Box::pin(workspaces.run()).await,
        Command::Connector(connector) => Box::pin(connector.run()).await,
        Command::Twin(twin) => Box::pin(twin.run()).await,
        Command::Demo(demo) => Box::pin(demo.run()).await,
    }
}
