//! Connections that say nothing, say it slowly, or do not listen.

use super::siege::Siege;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More than the program has open files.
const MANY: usize = 1_100;

/// As many systems allow a process.
const OPEN_FILES: &str = "--nofile=1024:1024";

async fn connect(siege: &Siege) -> TcpStream {
    let address = siege.url.trim_start_matches("http://").trim_end_matches('/');
    TcpStream::connect(address).await.expect("somebody listens")
}

/// Waits until the other side hangs up.
async fn hung_up(stream: &mut TcpStream) {
    let mut sink = vec![0; 1024];
    // An error is an end, too.
    while stream.read(&mut sink).await.is_ok_and(|length| length > 0) {}
}

#[tokio::test]
async fn silent_connections_keep_nobody_out_and_take_no_open_files_from_those_who_send() {
    let mut siege = Siege::laid_with("1,100 silent connections", |program| {
        program.through(&["prlimit", OPEN_FILES, "--"]).set("HTTP_CONNECTIONS_PER_ADDRESS", "100000")
    })
    .await;

    siege
        .under(async |siege| {
            let mut silent = Vec::new();
            for _ in 0..MANY {
                silent.push(connect(siege).await);
            }
            // Somebody who was not there before gets in.
            let answer = siege.anonymous().ask("{ __typename }", json!({})).await;
            assert_eq!(answer["__typename"], "Query");
            siege.server.wait_for(siege.server.count() + 100).await;
            silent.len()
        })
        .await;

    siege.withstood().await;
}

#[tokio::test]
async fn an_address_has_no_more_than_its_share_of_the_connections() {
    let mut siege = Siege::laid_with("more connections than an address may have", |program| {
        program.set("HTTP_CONNECTIONS_PER_ADDRESS", "8")
    })
    .await;

    siege
        .under(async |siege| {
            let mut oldest = connect(siege).await;
            let mut others = Vec::new();
            for _ in 0..20 {
                others.push(connect(siege).await);
            }
            hung_up(&mut oldest).await;
        })
        .await;

    siege.withstood().await;
}

#[tokio::test]
async fn who_is_slow_is_waited_for_no_longer_than_the_settings_say() {
    let mut siege = Siege::laid_with("slow heads, bodies and readers", |program| {
        let program = program.set("HTTP_HEADER_TIMEOUT", "1s").set("HTTP_BODY_TIMEOUT", "1s");
        program.set("HTTP_IDLE_TIMEOUT", "1s").set("HTTP_WRITE_TIMEOUT", "1s")
    })
    .await;

    siege
        .under(async |siege| {
            let beginnings: [&[u8]; 5] = [
                b"",
                b"POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: ",
                b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
                // Kept open after its answer.
                b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /hea",
            ];
            for beginning in beginnings {
                let mut stream = connect(siege).await;
                stream.write_all(beginning).await.expect("it takes it");
                hung_up(&mut stream).await;
            }
            // Drop by drop: each in time, and too slow all the same.
            let mut head = connect(siege).await;
            head.write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ").await.expect("it takes it");
            while head.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            let mut body = connect(siege).await;
            body.write_all(
                b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n",
            )
            .await
            .expect("it takes it");
            while body.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            // Slow, and yet it comes: longer in all than any part may take.
            let (mut slow, question) = (connect(siege).await, "{\"query\":\"{ __typename }\"}");
            let (parts, blanks) = (6, " ".repeat(4096));
            let length = parts * blanks.len() + question.len();
            let head = format!(
                "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
            );
            slow.write_all(head.as_bytes()).await.expect("it takes it");
            for _ in 0..parts {
                tokio::time::sleep(Duration::from_millis(400)).await;
                slow.write_all(blanks.as_bytes()).await.expect("it waits for more");
            }
            slow.write_all(question.as_bytes()).await.expect("it waits for more");
            let mut answer = [0; 15];
            slow.read_exact(&mut answer).await.expect("it answers");
            assert_eq!(&answer, b"HTTP/1.1 200 OK");
            // Nobody reads the answers.
            let mut deaf = connect(siege).await;
            while deaf.write_all(b"GET /graphiql HTTP/1.1\r\nHost: x\r\n\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;

    siege.withstood().await;
}
