//! Starting the service.

use crate::support::process::skymailing;
use std::net::TcpListener;

#[tokio::test]
async fn a_port_that_is_taken_is_told_by_the_name_of_its_setting() {
    let database = crate::support::database().await;
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("its address").to_string();

    for command in ["serve", "api"] {
        let program = skymailing(&[command]).set("DATABASE_URL", &database.url).set("HTTP_ADDR", &address);
        let ended = program.run().await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let error = ended.err.lines().last().unwrap_or_default();
        assert!(error.starts_with(&format!("error: cannot listen on {address} (see HTTP_ADDR): ")), "{error}");
    }
}
