//! The private PostgreSQL: what a person with a `DATA_DIR` and nothing else relies on.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt},
    process::{Child, ChildStdout, Command, Stdio},
};

use skymailing::postgres::{self, Error, Options, Server};
use sqlx::{Connection, PgConnection};

use crate::support::database::{DataDir, OwnServer, eventually, signal};

/// Tells [`another_process_uses_a_server`] which directory.
const ITS_DATA_DIR: &str = "SKYMAILING_TEST_DATA_DIR";

async fn start(data_dir: &DataDir) -> Server {
    match postgres::start(&data_dir.options()).await {
        Ok(server) => server,
        Err(error) => panic!("{error}"),
    }
}

async fn refusal(options: &Options) -> Error {
    postgres::start(options).await.expect_err("it does not start")
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the server takes connections")
}

/// Leaves something that can be found again with [`is_kept`].
async fn keep_a_letter(url: &str) {
    let mut connection = connect(url).await;
    // Committed for sure, although the servers of tests do not wait for that otherwise.
    for statement in
        ["set synchronous_commit = on", "create table letter (text text)", "insert into letter values ('Dear Ann')"]
    {
        sqlx::query(statement).execute(&mut connection).await.expect("it is a statement");
    }
}

async fn is_kept(url: &str) -> bool {
    let text = sqlx::query_scalar::<_, String>("select text from letter").fetch_one(&mut connect(url).await).await;
    text.is_ok_and(|text| text == "Dear Ann")
}

/// Another process with the same `DATA_DIR`: this very program, told to run one test.
struct Another {
    process: Child,
    // Kept open, so that it can print as much as it likes.
    stdout: BufReader<ChildStdout>,
}

impl Another {
    fn spawn(data_dir: &DataDir) -> Self {
        let (_, module) = module_path!().split_once("::").expect("tests are in a module");
        let mut process = Command::new(std::env::current_exe().expect("a program knows itself"))
            .args(["--ignored", "--nocapture", "--exact", &format!("{module}::another_process_uses_a_server")])
            .env(ITS_DATA_DIR, data_dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tests can be run");
        let stdout = BufReader::new(process.stdout.take().expect("its output is ours"));
        Self { process, stdout }
    }

    /// Waits until it has a server.
    fn starts(data_dir: &DataDir) -> Self {
        let mut another = Self::spawn(data_dir);
        let mut line = String::new();
        while !line.contains("it uses a server") {
            line.clear();
            assert_ne!(another.stdout.read_line(&mut line).expect("it prints text"), 0, "it starts a server");
        }
        another
    }

    fn is_killed(&mut self) {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it ends");
    }

    fn stops(mut self) {
        drop(self.process.stdin.take());
        let _ = self.stdout.read_to_string(&mut String::new());
        assert!(self.process.wait().expect("it ends").success(), "it stops its server");
    }
}

#[tokio::test]
#[ignore = "it is what the other process does"]
async fn another_process_uses_a_server() {
    let Some(data_dir) = std::env::var_os(ITS_DATA_DIR) else { return };
    let settings = vec![("fsync".to_owned(), "off".to_owned())];
    let server = postgres::start(&Options { data_dir: data_dir.into(), bin_dir: None, settings })
        .await
        .expect("PostgreSQL starts");
    writeln!(std::io::stdout(), "it uses a server").expect("somebody listens");
    // Until the test that started us says so, or ends.
    let _ = std::io::stdin().read_to_string(&mut String::new());
    server.stop().await.expect("PostgreSQL stops");
}

#[tokio::test]
async fn it_starts_stops_cleanly_and_keeps_its_data() {
    let data_dir = DataDir::new();
    let server = start(&data_dir).await;
    let url = server.url().to_owned();
    keep_a_letter(&url).await;

    server.stop().await.expect("it stops");

    assert_eq!(data_dir.postmaster(), None);
    assert!(PgConnection::connect(&url).await.is_err(), "nobody listens any more");
    let log = fs::read_to_string(data_dir.path().join("postgres.log")).expect("there is a log");
    assert!(log.contains("database system is shut down"), "{log}");

    let server = start(&data_dir).await;
    assert_eq!(server.url(), url, "people noted the address");
    assert!(is_kept(server.url()).await);
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn when_somebody_else_has_taken_its_port_it_takes_another() {
    let data_dir = DataDir::new();
    let server = start(&data_dir).await;
    let url = server.url().to_owned();
    server.stop().await.expect("it stops");
    let port = fs::read_to_string(data_dir.path().join("postgres.port")).expect("it noted its port");
    let _somebody_else = TcpListener::bind(format!("127.0.0.1:{}", port.trim())).expect("the port is free");

    let server = start(&data_dir).await;

    assert_ne!(server.url(), url);
    connect(server.url()).await;
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_server_that_dies_is_started_again_where_it_was_as_often_as_it_dies() {
    let data_dir = DataDir::new();
    let server = start(&data_dir).await;
    keep_a_letter(server.url()).await;
    // Another process that uses it does the same; one of both starts it.
    let other = start(&data_dir).await;
    let keepers = [tokio::spawn(server.keep_alive()), tokio::spawn(other.keep_alive())];

    for _ in 0..2 {
        let dies = data_dir.postmaster().expect("it runs");
        signal("KILL", dies);
        eventually("another one runs", || data_dir.postmaster().is_some_and(|runs| runs != dies)).await;
        let mut answers = PgConnection::connect(server.url()).await;
        while answers.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            answers = PgConnection::connect(server.url()).await;
        }
        assert!(is_kept(server.url()).await);
    }

    keepers.iter().for_each(tokio::task::JoinHandle::abort);
    for keeper in keepers {
        let _ = keeper.await;
    }
    other.stop().await.expect("it leaves");
    server.stop().await.expect("it stops");
    assert_eq!(data_dir.postmaster(), None);
}

#[tokio::test]
async fn it_listens_on_this_machine_only_and_tells_its_password_to_nobody() {
    let data_dir = DataDir::new();
    let server = start(&data_dir).await;

    let file = data_dir.path().join("postgres.password");
    let password = fs::read_to_string(&file).expect("there is a password");
    assert_eq!(fs::metadata(&file).expect("there is a password").permissions().mode() & 0o777, 0o600);
    assert!(server.url().contains(&password), "the file has the password that is used");
    assert!(!format!("{server:?}").contains(&password));
    let log = fs::read_to_string(data_dir.path().join("postgres.log")).expect("there is a log");
    assert!(!log.contains(&password));
    // Where there is /proc, anybody could read the arguments there.
    let pid = data_dir.postmaster().expect("it runs");
    let arguments = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    assert!(!arguments.contains(&password));

    let addresses: String = sqlx::query_scalar(
        "select current_setting('listen_addresses') || '/' || current_setting('unix_socket_directories')",
    )
    .fetch_one(&mut connect(server.url()).await)
    .await
    .expect("it is a query");
    assert_eq!(addresses, "127.0.0.1/");
    let wrong = server.url().replace(&password, "guessed");
    assert!(PgConnection::connect(&wrong).await.is_err(), "a wrong password does not get in");
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn it_adopts_a_server_whose_user_was_killed() {
    let data_dir = DataDir::new();
    let mut another = Another::starts(&data_dir);
    let pid = data_dir.postmaster();
    another.is_killed();
    assert_eq!(data_dir.postmaster(), pid, "the server goes on without its user");

    let server = start(&data_dir).await;

    assert_eq!(data_dir.postmaster(), pid, "it is the same server");
    keep_a_letter(server.url()).await;
    server.stop().await.expect("it stops");
    assert_eq!(data_dir.postmaster(), None, "who adopted it stops it");
}

#[tokio::test]
async fn the_last_of_its_users_stops_it() {
    let data_dir = DataDir::new();
    let ours = start(&data_dir).await;
    let url = ours.url().to_owned();
    keep_a_letter(&url).await;
    let another = Another::starts(&data_dir);
    let pid = data_dir.postmaster();

    ours.stop().await.expect("it is left");

    assert_eq!(data_dir.postmaster(), pid);
    assert!(is_kept(&url).await, "the other one can go on");
    another.stops();
    assert_eq!(data_dir.postmaster(), None);
}

#[tokio::test]
async fn those_that_start_at_the_same_moment_share_one_server() {
    let data_dir = DataDir::new();
    let (one, two, another) = tokio::join!(start(&data_dir), start(&data_dir), async {
        let (path, process) = (data_dir.path(), Another::spawn(&data_dir));
        eventually("the other one waits, too", || path.join("postgres.gate").exists()).await;
        process
    });
    assert_eq!(one.url(), two.url());
    drop(one);
    assert!(PgConnection::connect(two.url()).await.is_ok(), "one that is dropped does not stop it for the other");
    two.stop().await.expect("it stops");
    another.stops();
    assert_eq!(data_dir.postmaster(), None);
}

#[tokio::test]
async fn a_pid_file_that_was_left_behind_does_not_prevent_a_start() {
    let data_dir = DataDir::new();
    let server = start(&data_dir).await;
    keep_a_letter(server.url()).await;
    let file = data_dir.path().join("postgres/postmaster.pid");
    let text = fs::read_to_string(&file).expect("it runs");
    server.stop().await.expect("it stops");
    let (_, rest) = text.split_once('\n').expect("it has lines");

    // Another program has the number now, a program that PostgreSQL's account may send signals to; the number is
    // nobody's; the file was cut short.
    let us = format!("{}\n{rest}", std::process::id());
    let nobody = format!("4194305\n{rest}");
    for left_behind in [us.as_str(), nobody.as_str(), ""] {
        fs::write(&file, left_behind).expect("it can be written");
        let owner = fs::metadata(data_dir.path().join("postgres/PG_VERSION")).expect("it is a cluster");
        std::os::unix::fs::chown(&file, Some(owner.uid()), Some(owner.gid())).expect("it can be given away");

        let server = start(&data_dir).await;
        assert!(is_kept(server.url()).await);
        server.stop().await.expect("it stops");
    }
}

#[tokio::test]
async fn a_server_that_was_killed_recovers_what_was_committed() {
    let mut server = OwnServer::start().await;
    keep_a_letter(server.url()).await;

    server.kill().await;
    server.start_again().await;

    assert!(is_kept(server.url()).await);
    server.stop().await;
    server.start_again().await;
    assert!(is_kept(server.url()).await);
}

#[tokio::test]
async fn a_start_that_was_killed_leaves_nothing_half_done() {
    let data_dir = DataDir::new();
    let mut another = Another::spawn(&data_dir);
    let unfinished = || {
        let entries = fs::read_dir(data_dir.path()).into_iter().flatten().flatten();
        entries
            .map(|it| it.file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with("postgres.new-"))
            .count()
    };
    eventually("initdb is at work", || unfinished() == 1).await;
    another.is_killed();

    let server = start(&data_dir).await;

    keep_a_letter(server.url()).await;
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_start_that_was_given_up_leaves_no_server() {
    let data_dir = DataDir::new();
    start(&data_dir).await.stop().await.expect("it stops");

    let options = data_dir.options();
    tokio::select! {
        _ = postgres::start(&options) => panic!("a server does not start in no time"),
        () = eventually("a server appears", || data_dir.postmaster().is_some()) => {}
    }

    assert_eq!(data_dir.postmaster(), None);
    start(&data_dir).await.stop().await.expect("it starts and stops as ever");
}

#[tokio::test]
async fn without_programs_the_error_says_what_to_install() {
    let data_dir = DataDir::new();
    let empty = tempfile::tempdir().expect("there is a place for temporary files");
    let options = Options { bin_dir: Some(empty.path().to_owned()), ..data_dir.options() };

    let error = refusal(&options).await.to_string();

    for hint in [&*empty.path().to_string_lossy(), "PG_BIN_DIR", "apt-get install postgresql", "DATABASE_URL"] {
        assert!(error.contains(hint), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_start_is_explained_by_the_end_of_its_log() {
    let data_dir = DataDir::new();
    let mut options = data_dir.options();
    options.settings.push(("shared_buffers".to_owned(), "enough".to_owned()));

    let error = refusal(&options).await.to_string();

    assert!(error.contains("invalid value for parameter \"shared_buffers\": \"enough\""), "{error}");
    assert!(error.contains("postgres.log"), "{error}");
}

#[tokio::test]
async fn data_of_another_major_version_are_refused_and_stay_as_they_are() {
    let data_dir = DataDir::new();
    start(&data_dir).await.stop().await.expect("it stops");
    let version = data_dir.path().join("postgres/PG_VERSION");
    fs::write(&version, "13\n").expect("it can be written");

    let error = refusal(&data_dir.options()).await;

    assert!(matches!(error, Error::OtherMajor { cluster_major: 13, .. }), "{error}");
    assert_eq!(fs::read_to_string(&version).expect("it is a cluster"), "13\n");
}

#[tokio::test]
async fn a_cluster_without_its_password_or_without_its_disk_is_not_replaced() {
    let data_dir = DataDir::new();
    start(&data_dir).await.stop().await.expect("it stops");
    fs::remove_file(data_dir.path().join("postgres.password")).expect("it can be removed");
    let error = refusal(&data_dir.options()).await;
    assert!(matches!(error, Error::Password { .. }), "{error}");

    let (cluster, unmounted) = (data_dir.path().join("postgres"), data_dir.path().join("unmounted"));
    fs::rename(&cluster, &unmounted).expect("it can be moved");
    std::os::unix::fs::symlink(data_dir.path().join("elsewhere"), &cluster).expect("it can be linked");
    let error = refusal(&data_dir.options()).await;
    assert!(matches!(error, Error::NotACluster { .. }), "{error}");
    fs::remove_dir_all(&unmounted).expect("it can be removed");
}

#[tokio::test]
async fn for_root_a_data_dir_that_is_closed_to_others_works_as_well() {
    let data_dir = DataDir::new();
    if fs::metadata(data_dir.path()).expect("it is there").uid() != 0 {
        // Only root runs PostgreSQL as somebody else.
        return;
    }
    fs::set_permissions(data_dir.path(), fs::Permissions::from_mode(0o700)).expect("it is ours");

    let server = start(&data_dir).await;

    let cluster = fs::read_link(data_dir.path().join("postgres")).expect("it is a link");
    assert!(cluster.starts_with("/var/lib/skymailing"), "{}", cluster.display());
    keep_a_letter(server.url()).await;
    server.stop().await.expect("it stops");
    let server = start(&data_dir).await;
    assert!(is_kept(server.url()).await);

    // A new DATA_DIR of the same name begins empty, and leaves the old data alone.
    server.stop().await.expect("it stops");
    let entries = fs::read_dir(data_dir.path()).expect("it is a directory");
    for entry in entries.flatten() {
        fs::remove_file(entry.path()).expect("it can be removed");
    }
    let server = start(&data_dir).await;
    assert!(!is_kept(server.url()).await);
    assert!(cluster.join("PG_VERSION").exists());
    server.stop().await.expect("it stops");
    fs::remove_dir_all(cluster).expect("it can be removed");
}

#[tokio::test]
async fn a_server_that_dies_while_it_is_used_can_be_left() {
    let data_dir = DataDir::new();
    let server = start(&data_dir).await;
    let pid = data_dir.postmaster().expect("it runs");
    signal("KILL", pid);
    server.stop().await.expect("a server that is gone counts as stopped");
}
