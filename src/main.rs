//! `skymailing`: parse, start tracing, dispatch, exit code.

use clap::Parser;
use skymailing::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before parsing, so that settings from the file look like those from the environment.
    let dotenv = dotenvy::from_path(".env");
    let cli = Cli::parse();
    if let Err(error) = dotenv
        && !error.not_found()
    {
        return skymailing::cli::failed(&anyhow::anyhow!("the file .env cannot be read: {error}"));
    }
    skymailing::cli::run(cli)
}
