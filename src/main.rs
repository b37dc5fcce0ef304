//! `skymailing`: parse, start tracing, dispatch, exit code.

use clap::Parser;
use skymailing::cli::Cli;
use std::process::ExitCode;

/// Memory falls again after a peak: the system's allocator kept all of a burst of large answers (337 MiB), this one, whose
/// own threads give pages back, kept 64 of 193 MiB ten seconds later.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // Before parsing, so that settings from the file look like those from the environment.
    let dotenv = dotenvy::from_path(".env");
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return skymailing::cli::unparsed(&error),
    };
    if let Err(error) = dotenv
        && !error.not_found()
    {
        return cli.failed(&anyhow::anyhow!("the file .env cannot be read: {error}"));
    }
    skymailing::cli::run(cli)
}
