//! The command line: one file per subcommand, each an `Options` with `run`.

mod audit;
mod config;
mod consent;
mod createadmin;
mod demo;
mod doctor;
mod export;
mod fields;
mod import;
mod imports;
mod intake;
mod keys;
mod metadata;
mod new_file;
mod output;
mod rebuild;
mod report;
mod segments;
mod send;
mod send_due;
mod sender;
mod sender_domains;
mod senders;
mod serve;
mod statistics;
mod suppressions;
mod told;
mod user;
mod why;

use crate::config::{Config, LogFormat};
use crate::runtimes::Work;
use crate::tzdata;
use clap::{Parser, Subcommand};
use metadata::metadata;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use told::told;
use tracing_subscriber::EnvFilter;

/// Plan mailings to your clients, and prove afterwards what happened to every single letter.
#[derive(Debug, Parser)]
#[command(name = "skymailing", version, propagate_version = true, subcommand_required = true)]
pub struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service: API, scheduler and worker.
    Serve(serve::Options),
    /// Run only the API.
    Api(serve::Options),
    /// Run only the scheduler and worker; any number of them share one database.
    Worker,
    /// Create an administrator, or give an account a new password and the role.
    Createadmin(createadmin::Options),
    /// Import clients from a CSV or XLSX file into a user's address book.
    Import(import::Options),
    /// Show the imports of a user, and take one back.
    Imports(imports::Options),
    /// Write the clients of a user into a CSV or XLSX file.
    Export(export::Options),
    /// Show what a client has agreed to, and whether they had at some moment.
    Consent(consent::Options),
    /// Show, define, rename and remove the fields that the clients of a user have.
    Fields(fields::Options),
    /// Show, make and delete segments: saved filters over a user's clients.
    Segments(segments::Options),
    /// Show, add and lift addresses that are not written to, import and export lists of them.
    Suppressions(suppressions::Options),
    /// Take in a message that came back, as a mail server hands it to a program; show those that were not understood.
    Intake(intake::Options),
    /// Block and unblock users, grant and revoke roles.
    User(user::Options),
    /// Start a run of a mailing now, and see it through.
    Send(send::Options),
    /// Start everything that is due, see it through, and end.
    SendDue(send_due::Options),
    /// Look at the domain that letters are from, and have letters of domains signed.
    Sender(sender::Options),
    /// Put another master key in the place of the one that private keys are sealed under.
    Keys(keys::Options),
    /// Print the report of a finished run.
    Report(report::Options),
    /// Write everything that happened, event by event, into a file.
    Audit(audit::Options),
    /// Tell what became of letters to an address, run by run, or why there were none.
    Why(why::Options),
    /// Print how many letters of a user went out, by period and by mailing.
    Statistics(statistics::Options),
    /// Fill the tables of a projection anew from the log, beside the live ones, and swap them in.
    Rebuild(rebuild::Options),
    /// Check the settings, the database and the mail servers, and say what to do about problems.
    Doctor(doctor::Options),
    /// Show every setting, where its value comes from, and what it means.
    Config(config::Options),
    /// Show the whole way of a mailing, with its own database and mailbox.
    Demo(demo::Options),
}

/// Runs the command.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let blames = cli.blames();
    let work = match Work::start() {
        Ok(work) => work,
        Err(error) => return blames(&error.into()),
    };
    // Whoever speaks TLS and names no library gets this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = cli.config;
    start_tracing(&config, matches!(cli.command, Command::Demo(_)));
    let result = work.run(async {
        // The doctor tells what is wrong with it.
        if !matches!(cli.command, Command::Doctor(_) | Command::Config(_)) {
            tzdata::put_in_use(config.tzdata_dir.get().map(PathBuf::as_path))?;
        }
        match cli.command {
            Command::Serve(options) => options.run(&config, serve::Parts::ALL).await,
            Command::Api(options) => options.run(&config, serve::Parts::API).await,
            Command::Worker => serve::Options::default().run(&config, serve::Parts::WORKER).await,
            Command::Createadmin(options) => options.run(&config).await,
            Command::Import(options) => options.run(&config).await,
            Command::Export(options) => options.run(&config).await,
            Command::Consent(options) => options.run(&config).await,
            Command::Fields(options) => options.run(&config).await,
            Command::Imports(options) => options.run(&config).await,
            Command::Segments(options) => options.run(&config).await,
            Command::Suppressions(options) => options.run(&config).await,
            Command::Intake(options) => options.run(&config).await,
            Command::User(options) => options.run(&config).await,
            Command::Send(options) => options.run(&config).await,
            Command::SendDue(options) => options.run(&config).await,
            Command::Sender(options) => options.run(&config).await,
            Command::Keys(options) => options.run(&config).await,
            Command::Report(options) => options.run(&config).await,
            Command::Audit(options) => options.run(&config).await,
            Command::Why(options) => options.run(&config).await,
            Command::Statistics(options) => options.run(&config).await,
            Command::Rebuild(options) => options.run(&config).await,
            Command::Doctor(options) => options.run(&config).await,
            Command::Config(options) => options.run(&config),
            Command::Demo(options) => Box::pin(options.run(config)).await,
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => blames(&error),
    }
}

impl Cli {
    /// Says what went wrong before the command could run.
    #[must_use]
    pub fn failed(&self, error: &anyhow::Error) -> ExitCode {
        self.blames()(error)
    }

    /// Who says what went wrong with this command. A mail server goes by the exit code of the one that it starts.
    fn blames(&self) -> fn(&anyhow::Error) -> ExitCode {
        let is_piped = matches!(&self.command, Command::Intake(options) if options.takes_a_message());
        if is_piped { untaken } else { failed }
    }
}

/// Says what is wrong with the command line or a setting, or what was asked for, such as help.
#[must_use]
pub fn unparsed(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    let code = match u8::try_from(error.exit_code()) {
        Ok(0) => return ExitCode::SUCCESS,
        // A mail server comes again until the setting is mended.
        _ if std::env::args().any(|word| word == "intake") => intake::COME_AGAIN,
        Ok(code) => code,
        Err(_) => return ExitCode::FAILURE,
    };
    ExitCode::from(code)
}

/// Says why a message was not taken, and whether the mail server is to come again.
fn untaken(error: &anyhow::Error) -> ExitCode {
    let _ = failed(error);
    ExitCode::from(intake::exit_code(error))
}

/// Says what went wrong, with its causes.
#[must_use]
pub fn failed(error: &anyhow::Error) -> ExitCode {
    output::complain(&format!("error: {error:#}"));
    ExitCode::FAILURE
}

/// Logs go to standard error, so that standard output is the command's own. The demo shows its work itself.
fn start_tracing(config: &Config, quiet: bool) {
    let filter = if quiet && config.log == "info" { "warn" } else { &config.log };
    // The cron library tells of its own workings, and PostgreSQL, at every start, that the table of migrations exists.
    let libraries = "tokio_cron_scheduler=warn,sqlx::postgres::notice=warn";
    let filter = EnvFilter::new(format!("{libraries},{filter}"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => builder.with_target(false).with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => builder.json().init(),
    }
}
